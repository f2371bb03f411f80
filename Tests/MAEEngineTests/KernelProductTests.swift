import CKernels
import Foundation
import MAECore
import Testing

@Suite struct KernelProductTests {
  struct Shape: CustomStringConvertible, Sendable {
    var rows: Int
    var columns: Int
    var depth: Int
    var description: String { "\(rows)×\(columns)×\(depth)" }
  }

  static let shapes: [Shape] = [
    Shape(rows: 1, columns: 1, depth: 1), Shape(rows: 3, columns: 17, depth: 5), Shape(rows: 8, columns: 48, depth: 64),
    Shape(rows: 17, columns: 129, depth: 33), Shape(rows: 50, columns: 64, depth: 401), Shape(rows: 129, columns: 32, depth: 803),
    Shape(rows: 10, columns: 1000, depth: 192), Shape(rows: 70, columns: 51, depth: 1700),
  ]

  /// Operands with padded rows, and the product of plain loops in double.
  struct Case {
    let shape: Shape
    let transposedA, transposedB: Bool
    let a, b, start: [Float]
    let strides: (a: Int, b: Int, c: Int)
    let exact: [Double]

    init(_ shape: Shape, _ transposedA: Bool, _ transposedB: Bool) {
      var values = Values(seed: UInt64(shape.rows + 1000 * shape.columns + 7919 * shape.depth))
      let (rows, columns, depth) = (shape.rows, shape.columns, shape.depth)
      let strides = (a: (transposedA ? rows : depth) + 3, b: (transposedB ? depth : columns) + 2, c: columns + 1)
      let a = values.floats((transposedA ? depth : rows) * strides.a)
      let b = values.floats((transposedB ? columns : depth) * strides.b)
      (self.shape, self.transposedA, self.transposedB, self.a, self.b) = (shape, transposedA, transposedB, a, b)
      (self.strides, start) = (strides, values.floats(rows * strides.c))
      exact = (0..<rows * columns).map { i in
        let (row, column) = (i / columns, i % columns)
        return (0..<depth).reduce(0.0) { sum, k in
          let left = a[transposedA ? k * strides.a + row : row * strides.a + k]
          return sum + Double(left) * Double(b[transposedB ? column * strides.b + k : k * strides.b + column])
        }
      }
    }

    /// C after the product, cut into blocks at the given rows and columns.
    func product(
      at level: InstructionLevel, cut: (row: Int, column: Int), accumulate: Bool = false,
      _ adjust: (inout mae_gemm) -> Void = { _ in }
    ) -> [Float] {
      var c = start
      var scratch = [Float](repeating: .nan, count: Int(unsafe level.table.gemm_scratch()))
      unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
          unsafe c.withUnsafeMutableBufferPointer { c in
            var product = unsafe mae_gemm(
              a: a.baseAddress!, b: b.baseAddress!, a_stride: Int64(strides.a), b_stride: Int64(strides.b),
              a_transposed: transposedA ? 1 : 0, b_transposed: transposedB ? 1 : 0, rounds_to_bf16: 0,
              accumulate: accumulate ? 1 : 0,
              depth: Int64(shape.depth), c: c.baseAddress!, c_stride: Int64(strides.c), bias: nil, slope_of: nil, residual: nil,
              activated: nil, activates_slope_of: 0, a_sums: nil)
            unsafe adjust(&product)
            for (firstRow, lastRow) in [(0, cut.row), (cut.row, shape.rows)] {
              for (firstColumn, lastColumn) in [(0, cut.column), (cut.column, shape.columns)] {
                unsafe level.table.gemm_block(
                  &product, Int64(firstRow), Int64(lastRow), Int64(firstColumn), Int64(lastColumn), &scratch)
              }
            }
          }
        }
      }
      return c
    }

    func rows(_ c: [Float]) -> [Float] { (0..<shape.rows).flatMap { c[$0 * strides.c..<$0 * strides.c + shape.columns] } }
    var tolerance: Double { 1e-7 * Double(shape.depth) + 1e-6 }
  }

  @Test(
    "products of every orientation", arguments: everyLevel(shapes), [(false, false), (false, true), (true, false), (true, true)])
  func productsOfEveryOrientation(of run: (level: InstructionLevel, shape: Shape), transposed: (Bool, Bool)) {
    let (level, shape) = run
    let wanted = Case(shape, transposed.0, transposed.1)
    let c = wanted.product(at: level, cut: (0, 0))
    #expect(worstDifference(wanted.rows(c), wanted.exact) < wanted.tolerance)
    for row in 0..<shape.rows {
      #expect(c[row * wanted.strides.c + shape.columns] == wanted.start[row * wanted.strides.c + shape.columns])
    }
    let sum = wanted.product(at: level, cut: (0, 0), accumulate: true)
    #expect(
      worstDifference(wanted.rows(sum), zip(wanted.exact, wanted.rows(wanted.start)).map { $0 + Double($1) }) < wanted.tolerance)
  }

  @Test("bits do not depend on the cut", arguments: everyLevel(shapes), [false, true])
  func bitsDoNotDependOnTheCut(of run: (level: InstructionLevel, shape: Shape), transposedA: Bool) {
    let (level, shape) = run
    let wanted = Case(shape, transposedA, !transposedA)
    let whole = wanted.product(at: level, cut: (0, 0))
    #expect(wanted.product(at: level, cut: (shape.rows / 2, shape.columns / 3)) == whole)
    #expect(wanted.product(at: level, cut: (shape.rows / 3, shape.columns / 2)) == whole)
  }

  @Test("what follows a product", arguments: InstructionLevel.available, shapes) func whatFollowsAProduct(
    level: InstructionLevel, shape: Shape
  ) {
    let wanted = Case(shape, false, true)
    var values = Values(seed: 11)
    let bias = values.floats(shape.columns)
    var slopeOf = values.floats(wanted.start.count, scale: 2)
    let before = slopeOf
    let residual = values.floats(wanted.start.count)
    let padded = (0..<shape.rows * shape.columns).map { $0 / shape.columns * wanted.strides.c + $0 % shape.columns }
    var activated = [Float](repeating: 0, count: wanted.start.count)
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe slopeOf.withUnsafeMutableBufferPointer { slopeOf in
        unsafe residual.withUnsafeBufferPointer { residual in
          unsafe activated.withUnsafeMutableBufferPointer { activated in
            let biased = unsafe wanted.product(at: level, cut: (1, 1)) { product in
              unsafe product.bias = bias.baseAddress
              unsafe product.activated = activated.baseAddress
            }
            let exact = wanted.exact.indices.map { unsafe wanted.exact[$0] + Double(bias[$0 % shape.columns]) }
            #expect(worstDifference(wanted.rows(biased), exact) < wanted.tolerance)
            let gelu = exact.map { KernelActivationTests.gelu($0) }
            #expect(worstDifference(wanted.rows(unsafe Array(activated)), gelu) < wanted.tolerance * 1.5)
          }
          let all = unsafe wanted.product(at: level, cut: (1, 1)) { product in
            unsafe product.bias = bias.baseAddress
            unsafe product.slope_of = slopeOf.baseAddress
            unsafe product.residual = residual.baseAddress
          }
          let exact = wanted.exact.indices.map { i in
            let slope = unsafe KernelActivationTests.slope(Double(slopeOf[padded[i]]))
            let value = unsafe (wanted.exact[i] + Double(bias[i % shape.columns])) * slope
            return unsafe value + Double(residual[padded[i]])
          }
          #expect(worstDifference(wanted.rows(all), exact) < wanted.tolerance * 2)
          #expect(unsafe Array(slopeOf) == before)
          let again = unsafe wanted.product(at: level, cut: (1, 1)) { product in
            unsafe product.bias = bias.baseAddress
            unsafe product.slope_of = slopeOf.baseAddress
            unsafe product.activates_slope_of = 1
            unsafe product.residual = residual.baseAddress
          }
          #expect(wanted.rows(again) == wanted.rows(all))
          let activated = padded.map { unsafe slopeOf[$0] }
          #expect(worstDifference(activated, padded.map { KernelActivationTests.gelu(Double(before[$0])) }) < 2e-6)
        }
      }
    }
  }

  @Test("sums of transposed rows", arguments: InstructionLevel.available, shapes) func sumsOfTransposedRows(
    level: InstructionLevel, shape: Shape
  ) {
    let wanted = Case(shape, true, false)
    var sums = [Float](repeating: 0.5, count: shape.rows)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      _ = unsafe wanted.product(at: level, cut: (shape.rows / 2, 0)) { product in unsafe product.a_sums = sums.baseAddress }
    }
    let exact = (0..<shape.rows).map { row in (0..<shape.depth).reduce(0.5) { $0 + Double(wanted.a[$1 * wanted.strides.a + row]) }
    }
    #expect(worstDifference(sums, exact) < 1e-4)
  }
}
