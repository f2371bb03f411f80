extension Kernels {
  /// a · b, where either may be stored transposed: `[rows, depth]` · `[depth, columns]`, or `[depth, rows]`, `[columns, depth]`.
  package func product(
    _ a: Tensor, aIsTransposed: Bool = false, _ b: Tensor, bIsTransposed: Bool = false
  ) -> Tensor {
    let product = Product(a: a, b: b, aIsTransposed: aIsTransposed, bIsTransposed: bIsTransposed)
    let result = empty([product.rows, product.columns])
    compute(product, into: result)
    return result
  }
}
