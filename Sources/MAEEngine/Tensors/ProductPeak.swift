extension Kernels {
  /// The rate of a 2048³ product in GFLOP/s on all threads, best of all built-in back ends: what the machine gives this minute.
  /// At a lower level than the machine's, or in another precision than theirs, our own products alone.
  public func productPeak(repetitions: Int = 4) -> Double {
    let side = 2048
    let product = Product(a: zeros([side, side]), b: zeros([side, side]))
    let c = empty([side, side])
    let backends = level.isFastest && precision == .float32 ? ProductBackend.builtIn : [.own]
    var best = 0.0
    for _ in 0..<repetitions {
      for backend in backends {
        let start = ContinuousClock.now
        compute(product, into: c, precision: precision, backend: backend)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        best = max(best, 2 * Double(side * side * side) / seconds / 1e9)
      }
    }
    return best
  }
}
