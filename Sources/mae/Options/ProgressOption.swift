import ArgumentParser
import Synchronization

/// `--progress` of the commands that can take long.
struct ProgressOption: ParsableArguments {
  @Option(
    help: """
      How progress is shown on standard error: a line that is redrawn, plain lines, lines of JSON (all that is said is then \
      one), or not at all; auto is bar on a terminal and plain elsewhere. NO_COLOR leaves out colours.
      """)
  var progress = ProgressStyle.auto

  /// Takes effect at once: whatever shows progress belongs to the program, not to a command.
  func validate() { ProgressStyle.choose(progress) }
}

/// How progress is shown.
package enum ProgressStyle: String, ExpressibleByArgument, CaseIterable, Sendable {
  case auto, bar, plain, json, none

  private static let choice = Mutex(ProgressStyle.auto)

  static func choose(_ style: ProgressStyle) { choice.withLock { $0 = style } }

  /// Never `auto`.
  static var current: ProgressStyle {
    let style = choice.withLock(\.self)
    return style != .auto ? style : Console.isTerminal ? .bar : .plain
  }

  /// From one line to the next.
  var pause: Duration {
    switch self {
    case .bar, .auto: .milliseconds(200)
    case .json: .seconds(1)
    case .plain, .none: .seconds(10)
    }
  }
}
