import Synchronization

/// Shows how many of something are done, and how long the rest takes; any thread may say so.
final class CountLine: Sendable {
  private struct State {
    var line = StatusLine()
    var last: (done: Int, total: Int)?
    /// What was done before, which says nothing about time.
    var first: Int?
  }

  private let verb, noun: String
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  init(_ verb: String, _ noun: String) { (self.verb, self.noun) = (verb, noun) }

  func update(_ done: Int, of total: Int) {
    state.withLock { state in
      let first = state.first ?? done
      (state.first, state.last) = (first, (done, total))
      state.line.show(
        parts(done, total, first),
        ["progress": .text("\(verb) \(noun)"), "done": .integer(done), "total": .integer(total)])
    }
  }

  /// Ends the line, so that something else can be said; it then shows where the count stands.
  func close() {
    state.withLock { state in
      if let last = state.last { state.line.refresh(parts(last.done, last.total, state.first ?? 0)) }
      state.line.close()
    }
  }

  private func parts(_ done: Int, _ total: Int, _ first: Int) -> [String] {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let count = "\(verb) \(done) of \(total) \(noun)"
    let here = done - first
    guard here > 0, done < total, seconds > 1 else { return [count] }
    return [count, "eta \(ProgressLine.time(seconds / Double(here) * Double(total - done)))"]
  }
}
