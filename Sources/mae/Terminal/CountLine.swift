/// Shows how many of something are done, and how long the rest takes.
final class CountLine {
  private let verb, noun: String
  private let start = ContinuousClock.now
  private var line = StatusLine()
  private var latest: (done: Int, total: Int)?
  /// What was done before, which says nothing about time.
  private var first: Int?

  init(_ verb: String, _ noun: String) { (self.verb, self.noun) = (verb, noun) }

  func update(_ done: Int, of total: Int) {
    first = first ?? done
    latest = (done, total)
    line.show(
      parts(done, total),
      ["progress": .text("\(verb) \(noun)"), "done": .integer(done), "total": .integer(total)])
  }

  /// Ends the line, so that something else can be said; it then shows where the count stands.
  func close() {
    if let latest { line.refresh(parts(latest.done, latest.total)) }
    line.close()
  }

  private func parts(_ done: Int, _ total: Int) -> [String] {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let count = "\(verb) \(done) of \(total) \(noun)"
    let here = done - (first ?? 0)
    guard here > 0, done < total, seconds > 1 else { return [count] }
    return [count, "eta \(ProgressLine.time(seconds / Double(here) * Double(total - done)))"]
  }
}
