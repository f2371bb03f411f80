/// Shows on a terminal how many of something are done: one line, redrawn at most five times a second.
final class CountLine {
  private let verb, noun: String
  private var lastDrawn = ContinuousClock.now - .seconds(60)
  private var isLineOpen = false

  init(_ verb: String, _ noun: String) { (self.verb, self.noun) = (verb, noun) }

  func update(_ done: Int, of total: Int) {
    guard Console.isTerminal, done == total || ContinuousClock.now - lastDrawn >= .milliseconds(200) else { return }
    lastDrawn = .now
    Console.write("\r\u{1b}[2K\(verb) \(done) of \(total) \(noun)")
    isLineOpen = true
  }

  /// Ends the line, so that something else can be said.
  func close() {
    if isLineOpen { Console.write("\n") }
    isLineOpen = false
  }
}
