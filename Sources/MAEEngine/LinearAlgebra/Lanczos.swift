import CKernels
import MAECore

extension SymmetricMatrix {
  /// An eigenvalue and its eigenvector of unit length.
  public struct Eigenpair: Hashable, Sendable {
    /// Of the matrix.
    public var value: Double
    /// Of length 1, its sign free.
    public var vector: [Double]
    /// Products of the matrix with a vector that it took.
    public var products: Int
  }

  /// The largest eigenvalue among the eigenvectors orthogonal to `known`, with its eigenvector (sign free).
  ///
  /// Lanczos' method with every new direction made orthogonal to all before it, twice (Paige 1972; Parlett, The Symmetric
  /// Eigenvalue Problem, section 13.9): about twenty to sixty products where a dense solver needs `count³` operations. The
  /// start is fixed, so equal matrices give equal bits.
  ///
  /// - Parameters:
  ///   - known: an eigenvector of unit length that is left out.
  ///   - tolerance: of the residual `‖A·v − λ·v‖`, relative to the matrix (its Frobenius norm).
  /// - Returns: nil when the matrix has values that are not finite, or fewer than two rows.
  public func largestEigenpair(orthogonalTo known: [Double], tolerance: Double = 1e-13) -> Eigenpair? {
    precondition(known.count == count, "largestEigenpair: \(known.count) values for \(count) rows")
    guard count > 1 else { return nil }
    // The basis: `known`, then the Lanczos vectors, one row each.
    var basis = known
    basis.reserveCapacity(count * 64)
    var random = RandomStream(seed: 0).fork("lanczos")
    var direction = (0..<count).map { _ in random.uniform(-1, 1) }
    var tridiagonal = Tridiagonal()
    // What is left of a matrix without its known part can be rounding alone, which must not be taken for directions.
    let limit = tolerance * values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    Self.orthogonalise(&direction, against: basis)
    guard Self.normalise(&direction) > 0 else { return nil }
    while true {
      basis += direction
      var next = times(direction)
      tridiagonal.diagonal.append(zip(next, direction).reduce(0) { $0 + $1.0 * $1.1 })
      Self.orthogonalise(&next, against: basis)
      let length = Self.normalise(&next)
      guard length.isFinite, let last = tridiagonal.diagonal.last, last.isFinite else { return nil }
      let steps = tridiagonal.count
      let isExhausted = steps == count - 1 || length <= limit
      if isExhausted || steps % Self.checkInterval == 0 {
        let (value, weights) = tridiagonal.largestEigenpair()
        if isExhausted || length * abs(weights[steps - 1]) <= limit {
          return Eigenpair(value: value, vector: Self.combined(basis, weights, count: count), products: steps)
        }
      }
      tridiagonal.offDiagonal.append(length)
      direction = next
    }
  }

  private static let checkInterval = 4

  /// The matrix times a vector.
  public func times(_ x: [Double]) -> [Double] { Self.times(values, rows: count, x) }

  private static func times(_ rows: [Double], rows count: Int, _ x: [Double]) -> [Double] {
    unsafe [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe rows.withUnsafeBufferPointer { rows in
        unsafe x.withUnsafeBufferPointer { x in
          unsafe InstructionLevel.current.table.rows_times_vector(
            rows.baseAddress!, Int64(count), Int64(x.count), x.baseAddress!, buffer.baseAddress!)
        }
      }
      initialized = count
    }
  }

  /// Takes the parts of x along the rows of `basis` away; twice, since once leaves rounding errors of their size.
  private static func orthogonalise(_ x: inout [Double], against basis: [Double]) {
    let rows = basis.count / x.count
    for _ in 0..<2 {
      let factors = times(basis, rows: rows, x)
      unsafe x.withUnsafeMutableBufferPointer { x in
        unsafe basis.withUnsafeBufferPointer { basis in
          unsafe factors.withUnsafeBufferPointer { factors in
            unsafe InstructionLevel.current.table.subtract_rows(
              basis.baseAddress!, Int64(rows), Int64(x.count), factors.baseAddress!, x.baseAddress!)
          }
        }
      }
    }
  }

  /// Divides by the length, which is returned; leaves a vector of zeros.
  private static func normalise(_ x: inout [Double]) -> Double {
    let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if length > 0 { for index in x.indices { x[index] /= length } }
    return length
  }

  /// Σ weights[k] · Lanczos vector k, of unit length. The first row of the basis is the known vector.
  private static func combined(_ basis: [Double], _ weights: [Double], count: Int) -> [Double] {
    var vector = [Double](repeating: 0, count: count)
    for (step, weight) in weights.enumerated() {
      let row = (step + 1) * count
      for index in 0..<count { vector[index] += weight * basis[row + index] }
    }
    _ = normalise(&vector)
    return vector
  }
}

/// A symmetric tridiagonal matrix.
struct Tridiagonal {
  var diagonal: [Double] = []
  /// One fewer than `diagonal`.
  var offDiagonal: [Double] = []

  var count: Int { diagonal.count }

  /// A bound of the eigenvalues' size: the largest sum of a row's sizes.
  var scale: Double {
    diagonal.indices.reduce(0) { largest, row in
      let before = row > 0 ? abs(offDiagonal[row - 1]) : 0
      let after = row < offDiagonal.count ? abs(offDiagonal[row]) : 0
      return max(largest, before + abs(diagonal[row]) + after)
    }
  }

  /// The largest eigenvalue by bisection and its eigenvector by inverse iteration.
  func largestEigenpair() -> (value: Double, vector: [Double]) {
    guard count > 1 else { return (diagonal[0], [1]) }
    let bound = scale
    guard bound > 0 else { return (0, [1] + [Double](repeating: 0, count: count - 1)) }
    var (low, high) = (-bound, bound)
    // Halving stops when the ends are neighbours.
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { break }
      if hasEigenvalue(above: middle) { low = middle } else { high = middle }
    }
    var vector = [Double](repeating: 1 / Double(count).squareRoot(), count: count)
    for _ in 0..<3 { vector = solved(shift: high, vector) }
    return (high, vector)
  }

  /// Whether an eigenvalue lies above x: some pivot of `x·1 − T` is not positive (Sylvester's law of inertia).
  private func hasEigenvalue(above x: Double) -> Bool {
    var pivot = x - diagonal[0]
    if pivot <= 0 { return true }
    for row in 1..<count {
      pivot = x - diagonal[row] - offDiagonal[row - 1] * offDiagonal[row - 1] / pivot
      if pivot <= 0 { return true }
    }
    return false
  }

  /// The solution of `(T − shift·1) · x = right`, of unit length, by elimination with row exchanges.
  private func solved(shift: Double, _ right: [Double]) -> [Double] {
    let smallest = scale * Double.ulpOfOne
    var (x, upper, second) = (right, [Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    var main = [Double](repeating: 0, count: count)
    // The row that elimination carries along: its entries at columns row and row + 1.
    var (carried, carriedNext) = (diagonal[0] - shift, offDiagonal[0])
    for row in 0..<count - 1 {
      let (below, belowMain) = (offDiagonal[row], diagonal[row + 1] - shift)
      let belowNext = row + 2 < count ? offDiagonal[row + 1] : 0
      if abs(below) > abs(carried) {
        (main[row], upper[row], second[row]) = (below, belowMain, belowNext)
        x.swapAt(row, row + 1)
        let factor = carried / below
        (carried, carriedNext) = (carriedNext - factor * belowMain, -factor * belowNext)
        x[row + 1] -= factor * x[row]
      } else {
        let pivot = carried == 0 ? smallest : carried
        (main[row], upper[row], second[row]) = (pivot, carriedNext, 0)
        let factor = below / pivot
        (carried, carriedNext) = (belowMain - factor * carriedNext, belowNext)
        x[row + 1] -= factor * x[row]
      }
    }
    main[count - 1] = abs(carried) < smallest ? smallest : carried
    for row in stride(from: count - 1, through: 0, by: -1) {
      var value = x[row]
      if row + 1 < count { value -= upper[row] * x[row + 1] }
      if row + 2 < count { value -= second[row] * x[row + 2] }
      x[row] = value / main[row]
    }
    // Dividing by the largest first keeps the squares finite.
    let largest = x.reduce(0) { max($0, abs($1)) }
    let length = x.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    return x.map { $0 / largest / length }
  }
}
