import Foundation

/// Says that something goes on whose share nobody knows: a line every ten seconds, on a terminal redrawn each second.
enum WaitingLine {
  static func during<Value>(_ what: String, _ work: () throws -> Value) rethrows -> Value {
    let start = ContinuousClock.now
    let done = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      var line = StatusLine()
      while done.wait(timeout: .now() + 1) == .timedOut {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        line.show(
          ["\(what): \(ProgressLine.time(seconds))"],
          ["progress": .text(what), "seconds": .number(seconds.rounded())])
      }
      line.close()
      ended.signal()
    }
    defer {
      done.signal()
      ended.wait()
    }
    return try work()
  }
}
