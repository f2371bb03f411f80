import Foundation
import MAECore
import MAEEngine
import TestSupport
import Testing

/// The largest eigenpair by Lanczos against a dense solver.
@Suite struct EigenvectorTests {
  /// Random values, and 2 · diagonal to keep eigenvalues apart.
  static func matrix(_ count: Int, seed: UInt64) -> SymmetricMatrix {
    var random = RandomStream(seed: seed)
    var values = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0...row {
        values[row * count + column] = random.uniform(-1, 1)
        values[column * count + row] = values[row * count + column]
      }
    }
    return SymmetricMatrix(count: count, values: values)
  }

  @Test("agrees with Jacobi rotations", arguments: [2, 3, 4, 5, 17, 64, 129])
  func largest(count: Int) throws {
    let matrix = Self.matrix(count, seed: UInt64(count))
    let dense = DenseEigenvectors(matrix)
    let found = try #require(matrix.largestEigenpair(orthogonalTo: dense.vector(0)))
    #expect(abs(found.value - dense.values[1]) < 1e-10)
    let gap = Self.distance(found.vector, dense.vector(1))
    #expect(gap < 1e-6, "vectors differ by \(gap)")
  }

  @Test("eigenvalues that lie close together are told apart")
  func close() throws {
    // Rotated diagonals with the wanted eigenvalue 1e-7 above the next.
    let count = 60
    let basis = DenseEigenvectors(Self.matrix(count, seed: 9))
    var values = [Double](repeating: 0, count: count * count)
    let spectrum = [2.0, 1, 1 - 1e-7] + (3..<count).map { 0.9 - 0.01 * Double($0) }
    for (index, eigenvalue) in spectrum.enumerated() {
      let vector = basis.vector(index)
      for row in 0..<count {
        for column in 0..<count { values[row * count + column] += eigenvalue * vector[row] * vector[column] }
      }
    }
    for row in 0..<count { for column in 0..<row { values[row * count + column] = values[column * count + row] } }
    let found = try #require(
      SymmetricMatrix(count: count, values: values).largestEigenpair(orthogonalTo: basis.vector(0)))
    #expect(abs(found.value - 1) < 1e-12)
    #expect(Self.distance(found.vector, basis.vector(1)) < 1e-4)
  }

  @Test("a matrix of one block needs a few products, a broken one gives nothing")
  func edges() {
    let ones = SymmetricMatrix(count: 50, values: [Double](repeating: 1, count: 2500))
    let known = [Double](repeating: 1 / 50.0.squareRoot(), count: 50)
    let found = ones.largestEigenpair(orthogonalTo: known)
    #expect((found?.products ?? 99) < 4 && abs(found?.value ?? 1) < 1e-12)
    #expect(ones.map { _ in .nan }.largestEigenpair(orthogonalTo: known) == nil)
    #expect(SymmetricMatrix(count: 1, values: [1]).largestEigenpair(orthogonalTo: [1]) == nil)
  }

  @Test("products of rows are symmetric bit for bit and agree with plain sums", arguments: [1, 2, 3, 5, 17, 130])
  func products(count: Int) {
    var random = RandomStream(seed: 4)
    let width = 37
    let rows = (0..<count * width).map { _ in Float(random.uniform(-1, 1)) }
    let unit = UnitRows.of(rows, count: count)
    let matrix = SymmetricMatrix(productsOf: unit, count: count)
    for row in 0..<count {
      let length = (0..<width).reduce(0) { $0 + Double(rows[row * width + $1]) * Double(rows[row * width + $1]) }.squareRoot()
      for column in 0..<count {
        let sum = (0..<width).reduce(0) { $0 + Double(rows[row * width + $1]) / length * unit[column * width + $1] }
        #expect(abs(matrix[row, column] - sum) < 1e-14)
        #expect(matrix[row, column] == matrix[column, row])
      }
    }
    #expect(UnitRows.of([0, 0, 3, 4], count: 2) == [0, 0, 0.6, 0.8])
  }

  /// Distance of two unit vectors whose sign is free.
  static func distance(_ a: [Double], _ b: [Double]) -> Double {
    let sign = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } < 0 ? -1.0 : 1
    return zip(a, b).reduce(0) { max($0, abs($1.0 - sign * $1.1)) }
  }
}
