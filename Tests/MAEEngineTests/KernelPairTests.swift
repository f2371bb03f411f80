import CKernels
import Foundation
import MAECore
import Testing

/// Products of operands that are rounded to bfloat16: by the processor's instruction where a level has it, by floats elsewhere,
/// and always the bits of the scalar arithmetic here.
@Suite struct KernelPairTests {
  /// The 8 leading bits of a float, to the nearest, ties to even; what is subnormal becomes 0.
  static func rounded(_ x: Float) -> Float {
    if x.isNaN || x.isInfinite { return x }
    if x.magnitude < .leastNormalMagnitude { return 0 }
    let unit = scalbn(1.0, Int(x.exponent) - 7)
    return Float((Double(x) / unit).rounded(.toNearestOrEven) * unit)
  }

  /// Blocks of the depth as the kernels cut it; in each, pairs from the front, the later number of a pair first, every addition
  /// rounded.
  private static func product(_ wanted: KernelProductTests.Case) -> [Float] {
    let (rows, columns, depth) = (wanted.shape.rows, wanted.shape.columns, wanted.shape.depth)
    let deepest = wanted.transposedA ? 400 : 800
    let blocks = (depth + deepest - 1) / deepest
    let block = blocks == 1 ? depth : ((depth + blocks - 1) / blocks + 15) / 16 * 16
    let a = wanted.a.map(rounded)
    let b = wanted.b.map(rounded)
    return (0..<rows * columns).map { i in
      let (row, column) = (i / columns, i % columns)
      func term(_ k: Int, onto sum: Float) -> Float {
        let left = a[wanted.transposedA ? k * wanted.strides.a + row : row * wanted.strides.a + k]
        return sum.addingProduct(left, b[wanted.transposedB ? column * wanted.strides.b + k : k * wanted.strides.b + column])
      }
      let sums = stride(from: 0, to: depth, by: block).map { first in
        let last = min(first + block, depth)
        return stride(from: first, to: last, by: 2).reduce(Float(0)) { sum, k in
          term(k, onto: k + 1 < last ? term(k + 1, onto: sum) : sum)
        }
      }
      return sums.dropFirst().reduce(sums[0], +)
    }
  }

  @Test(
    "rounded operands have the bits of scalar arithmetic at every level, however C is cut",
    arguments: everyLevel(KernelProductTests.shapes), [(false, false), (false, true), (true, false), (true, true)])
  func scalarBits(of run: (level: InstructionLevel, shape: KernelProductTests.Shape), transposed: (Bool, Bool)) {
    let wanted = KernelProductTests.Case(run.shape, transposed.0, transposed.1)
    let exact = Self.product(wanted)
    for cut in [(row: 0, column: 0), (row: run.shape.rows / 2, column: run.shape.columns / 3)] {
      let c = unsafe wanted.product(at: run.level, cut: cut) { unsafe $0.rounds_to_bf16 = 1 }
      #expect(wanted.rows(c) == exact)
      for row in 0..<run.shape.rows {
        let behind = row * wanted.strides.c + run.shape.columns
        #expect(c[behind] == wanted.start[behind])
      }
    }
  }

  @Test("sums of rows are those of what has not been rounded", arguments: everyLevel(KernelProductTests.shapes))
  func sums(of run: (level: InstructionLevel, shape: KernelProductTests.Shape)) {
    let wanted = KernelProductTests.Case(run.shape, true, false)
    var sums = [Float](repeating: 0.5, count: run.shape.rows)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      _ = unsafe wanted.product(at: run.level, cut: (row: run.shape.rows / 2, column: 0)) { product in
        unsafe product.rounds_to_bf16 = 1
        unsafe product.a_sums = sums.baseAddress
      }
    }
    let exact = (0..<run.shape.rows).map { row in
      (0..<run.shape.depth).reduce(0.5) { $0 + Double(wanted.a[$1 * wanted.strides.a + row]) }
    }
    #expect(worstDifference(sums, exact) < 1e-4)
  }

  @Test(
    "numbers are rounded to the nearest, ties to even", arguments: InstructionLevel.available,
    [
      (1, 1), (0x1.01p0, 1), (0x1.010002p0, 0x1.02p0), (0x1.02p0, 0x1.02p0), (0x1.03p0, 0x1.04p0), (-0x1.03p0, -0x1.04p0),
      (0x1.ffp0, 2), (.greatestFiniteMagnitude, .infinity), (-.infinity, -.infinity),
      (.leastNormalMagnitude, .leastNormalMagnitude),
      (.leastNormalMagnitude.nextDown, 0), (0, 0), (.nan, .nan), (Float(bitPattern: 0x7f80_0001), .nan),
    ] as [(Float, Float)])
  func rounding(level: InstructionLevel, _ pair: (Float, Float)) {
    var (x, one, y): (Float, Float, Float) = (pair.0, 1, 0)
    var scratch = [Float](repeating: .nan, count: Int(unsafe level.table.gemm_scratch()))
    unsafe withUnsafePointer(to: &x) { x in
      unsafe withUnsafePointer(to: &one) { one in
        unsafe withUnsafeMutablePointer(to: &y) { y in
          var product = unsafe mae_gemm(
            a: x, b: one, a_stride: 1, b_stride: 1, a_transposed: 0, b_transposed: 0, rounds_to_bf16: 1, accumulate: 0,
            depth: 1, c: y, c_stride: 1, bias: nil, slope_of: nil, residual: nil, activated: nil, activates_slope_of: 0,
            a_sums: nil)
          unsafe level.table.gemm_block(&product, 0, 1, 0, 1, &scratch)
        }
      }
    }
    #expect(y == pair.1 || y.isNaN && pair.1.isNaN, "\(pair.0) became \(y)")
  }
}
