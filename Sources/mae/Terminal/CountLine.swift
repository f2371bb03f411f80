/// Shows how many of something are done, and how long the rest takes.
final class CountLine {
  private let verb, noun: String
  private let start = ContinuousClock.now
  private var line = StatusLine()

  init(_ verb: String, _ noun: String) { (self.verb, self.noun) = (verb, noun) }

  func update(_ done: Int, of total: Int) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var parts = ["\(verb) \(done) of \(total) \(noun)"]
    if done > 0, done < total, seconds > 1 {
      parts.append("eta \(ProgressLine.time(seconds / Double(done) * Double(total - done)))")
    }
    line.show(parts)
  }

  /// Ends the line, so that something else can be said.
  func close() { line.close() }
}
