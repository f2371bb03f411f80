import MAEFoundation

/// One line that says how far a command is: on a terminal redrawn in place at most five times a second, elsewhere a line every
/// ten seconds, the first after two; see ``ProgressStyle``.
package struct StatusLine {
  private let style = ProgressStyle.current
  private var lastShown: ContinuousClock.Instant
  private var isOpen = false

  /// - Parameter startsAtOnce: whether the first text is shown even where lines cannot be redrawn; a command that ends soon needs
  ///   none.
  init(startsAtOnce: Bool = false) {
    lastShown = .now - (startsAtOnce || style == .bar ? .seconds(60) : style.pause - .seconds(2))
  }

  /// Shows as many of the parts, from the first on, as the line has room for.
  ///
  /// - Parameters:
  ///   - isLast: whether it is shown at any rate, and the line ended.
  ///   - values: the same for programs.
  mutating func show(isLast: Bool = false, _ parts: @autoclosure () -> [String], _ values: @autoclosure () -> JSONValue) {
    guard style != .none else { return }
    let isDue = ContinuousClock.now - lastShown >= style.pause
    guard isLast && (isOpen || style != .bar) || isDue else { return }
    lastShown = .now
    switch style {
    case .bar, .auto:
      redraw(parts())
      isOpen = true
      if isLast { close() }
    case .plain, .none: Console.say(parts().joined(separator: "  "))
    case .json: Console.line(values())
    }
  }

  /// Shows something else in the line if it is open, at once.
  mutating func refresh(_ parts: @autoclosure () -> [String]) {
    if isOpen { redraw(parts()) }
  }

  /// Ends the line, so that something else can be said.
  mutating func close() {
    if isOpen { Console.write("\n") }
    isOpen = false
  }

  private func redraw(_ parts: [String]) {
    Console.write("\r\u{1b}[2K" + Self.fitted(parts, columns: Console.width - 1))
  }

  /// The parts, from the first on, that fit; of the first at least its beginning.
  package static func fitted(_ parts: [String], columns: Int) -> String {
    var text = String(parts.first?.prefix(max(10, columns)) ?? "")
    for part in parts.dropFirst() where text.count + 2 + part.count <= columns { text += "  " + part }
    return text.withoutControls
  }
}
