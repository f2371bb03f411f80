extension Kernels {
  /// The rate of a 2048³ product in GFLOP/s, best of a few, on all threads: what the machine gives this minute.
  public func productPeak(repetitions: Int = 6) -> Double {
    let side = 2048
    let (a, b, c) = (zeros([side, side]), zeros([side, side]), empty([side, side]))
    var best = 0.0
    for _ in 0..<repetitions {
      let start = ContinuousClock.now
      multiplyTransposed(a, b, into: c)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      best = max(best, 2 * Double(side * side * side) / seconds / 1e9)
    }
    return best
  }
}
