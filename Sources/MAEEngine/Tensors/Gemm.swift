import CBLAS

/// Matrix products; the only place that knows which library computes them.
extension Kernels {
  /// c (= or +=) a · bᵀ with a `[m, k]`, b `[n, k]`, c `[m, n]`.
  func multiplyTransposed(_ a: Tensor, _ b: Tensor, into c: Tensor, accumulate: Bool = false) {
    precondition(a.width == b.width && c.width == b.rows && c.rows == a.rows, "product: \(a.shape) · \(b.shape)ᵀ → \(c.shape)")
    product(CblasNoTrans, CblasTrans, a.rows, b.rows, a.width, a, b, c, accumulate)
  }

  /// c (= or +=) a · b with a `[m, k]`, b `[k, n]`, c `[m, n]`.
  func multiply(_ a: Tensor, _ b: Tensor, into c: Tensor, accumulate: Bool = false) {
    precondition(a.width == b.rows && c.width == b.width && c.rows == a.rows, "product: \(a.shape) · \(b.shape) → \(c.shape)")
    product(CblasNoTrans, CblasNoTrans, a.rows, b.width, a.width, a, b, c, accumulate)
  }

  /// c (= or +=) aᵀ · b with a `[k, m]`, b `[k, n]`, c `[m, n]`.
  func multiplyTransposedLeft(_ a: Tensor, _ b: Tensor, into c: Tensor, accumulate: Bool = false) {
    precondition(a.rows == b.rows && c.width == b.width && c.rows == a.width, "product: \(a.shape)ᵀ · \(b.shape) → \(c.shape)")
    product(CblasTrans, CblasNoTrans, a.width, b.width, a.rows, a, b, c, accumulate)
  }

  private func product(
    _ transposeA: CBLAS_TRANSPOSE, _ transposeB: CBLAS_TRANSPOSE, _ m: Int, _ n: Int, _ k: Int, _ a: Tensor, _ b: Tensor,
    _ c: Tensor, _ accumulate: Bool
  ) {
    guard m > 0, n > 0 else { return }
    unsafe cblas_sgemm(
      CblasRowMajor, transposeA, transposeB, blasint(m), blasint(n), blasint(k), 1, a.pointer.base, blasint(a.width),
      b.pointer.base, blasint(b.width), accumulate ? 1 : 0, c.pointer.base, blasint(c.width))
  }
}
