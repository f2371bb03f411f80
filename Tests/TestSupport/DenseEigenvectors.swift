import MAEEngine

/// All eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, section 8.5), largest
/// eigenvalue first: slow and sure.
package struct DenseEigenvectors {
  package let values: [Double]
  private let columns: [[Double]]

  package func vector(_ index: Int) -> [Double] { columns[index] }

  package init(_ matrix: SymmetricMatrix) {
    let count = matrix.count
    var (a, v) = (matrix.values, [Double](repeating: 0, count: count * count))
    for index in 0..<count { v[index * count + index] = 1 }
    for _ in 0..<60 {
      var off = 0.0
      for p in 0..<count {
        for q in p + 1..<max(count, p + 1) where abs(a[p * count + q]) > 1e-300 {
          off = max(off, abs(a[p * count + q]))
          let theta = (a[q * count + q] - a[p * count + p]) / (2 * a[p * count + q])
          let t = (theta < 0 ? -1.0 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in 0..<count {
            let (x, y) = (a[k * count + p], a[k * count + q])
            (a[k * count + p], a[k * count + q]) = (c * x - s * y, s * x + c * y)
          }
          for k in 0..<count {
            let (x, y) = (a[p * count + k], a[q * count + k])
            (a[p * count + k], a[q * count + k]) = (c * x - s * y, s * x + c * y)
          }
          for k in 0..<count {
            let (x, y) = (v[k * count + p], v[k * count + q])
            (v[k * count + p], v[k * count + q]) = (c * x - s * y, s * x + c * y)
          }
        }
      }
      if off < 1e-15 { break }
    }
    let diagonal = (0..<count).map { a[$0 * count + $0] }
    let order = diagonal.indices.sorted { diagonal[$0] > diagonal[$1] }
    values = order.map { diagonal[$0] }
    columns = order.map { column in (0..<count).map { v[$0 * count + column] } }
  }
}
