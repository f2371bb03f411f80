/// One line that says how far a command is: on a terminal redrawn in place at most five times a second, elsewhere a line every
/// ten seconds.
package struct StatusLine {
  private var lastShown: ContinuousClock.Instant
  private var isOpen = false

  /// - Parameter startsAtOnce: whether the first text is shown even where lines cannot be redrawn; a command that ends soon needs
  ///   none.
  init(startsAtOnce: Bool = false) {
    lastShown = .now - (startsAtOnce || Console.isTerminal ? .seconds(60) : .zero)
  }

  private static let shortestPause: Duration = Console.isTerminal ? .milliseconds(200) : .seconds(10)

  /// Shows as many of the parts, from the first on, as the line has room for.
  ///
  /// - Parameter isLast: whether it is shown at any rate, and the line ended.
  mutating func show(isLast: Bool = false, _ parts: @autoclosure () -> [String]) {
    guard isLast && (isOpen || !Console.isTerminal) || ContinuousClock.now - lastShown >= Self.shortestPause else { return }
    lastShown = .now
    if Console.isTerminal {
      Console.write("\r\u{1b}[2K" + Self.fitted(parts(), columns: Console.width - 1))
      isOpen = true
      if isLast { close() }
    } else {
      Console.say(parts().joined(separator: "  "))
    }
  }

  /// Shows something else in the line if it is open, at once.
  mutating func refresh(_ parts: @autoclosure () -> [String]) {
    guard isOpen else { return }
    Console.write("\r\u{1b}[2K" + Self.fitted(parts(), columns: Console.width - 1))
  }

  /// Ends the line, so that something else can be said.
  mutating func close() {
    if isOpen { Console.write("\n") }
    isOpen = false
  }

  /// The parts, from the first on, that fit; of the first at least its beginning.
  package static func fitted(_ parts: [String], columns: Int) -> String {
    var text = String(parts.first?.prefix(max(10, columns)) ?? "")
    for part in parts.dropFirst() where text.count + 2 + part.count <= columns { text += "  " + part }
    return text.withoutControls
  }
}
