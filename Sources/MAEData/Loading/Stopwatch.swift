import Foundation

/// Elapsed and processor seconds of the current thread.
struct Stopwatch {
  private let start = ContinuousClock.now
  private let processorStart = Self.processorSeconds()

  var seconds: Double { (ContinuousClock.now - start).seconds }
  var processorSeconds: Double { Self.processorSeconds() - processorStart }

  private static func processorSeconds() -> Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
