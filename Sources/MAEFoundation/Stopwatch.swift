import Foundation

/// Elapsed and processor seconds of the current thread.
package struct Stopwatch {
  private let start = ContinuousClock.now
  private let processorStart = Self.processorSeconds()

  package init() {}

  package var seconds: Double { (ContinuousClock.now - start).inSeconds }
  package var processorSeconds: Double { Self.processorSeconds() - processorStart }

  private static func processorSeconds() -> Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension Duration {
  package var inSeconds: Double { self / .seconds(1) }
}
