import CKernels
import Foundation
import MAECore
import Testing

/// Layer norm, reductions, element-wise passes, token rows and losses against plain loops in double.
@Suite struct KernelRowTests {
  static let widths = [1, 3, 17, 64, 129, 192, 771]

  /// y, μ, 1/σ for one row.
  static func normalized(_ x: ArraySlice<Float>, epsilon: Double) -> (mean: Double, inverse: Double) {
    let mean = x.reduce(0) { $0 + Double($1) } / Double(x.count)
    let variance = x.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(x.count)
    return (mean, 1 / (variance + epsilon).squareRoot())
  }

  @Test("layer norm", arguments: everyLevel(widths), [1, 5]) func layerNorm(
    of run: (level: InstructionLevel, width: Int), rows: Int
  ) {
    let (level, width) = run
    var values = Values(seed: UInt64(width))
    let x = values.floats(rows * width, scale: 3, offset: 10)
    let scale = values.floats(width)
    let shift = values.floats(width)
    var y = x
    var statistics = [Float](repeating: 0, count: rows * 2)
    unsafe level.table.layer_norm(x, scale, shift, 1e-6, &y, &statistics, Int64(rows), Int64(width))
    for row in 0..<rows {
      let (mean, inverse) = Self.normalized(x[row * width..<(row + 1) * width], epsilon: 1e-6)
      #expect(abs(Double(statistics[2 * row]) - mean) < 1e-5)
      #expect(abs(Double(statistics[2 * row + 1]) / inverse - 1) < 1e-5)
      let expected = (0..<width).map { i in
        (Double(x[row * width + i]) - mean) * inverse * Double(scale[i]) + Double(shift[i])
      }
      // A row of one value has variance 0: its rounding is amplified by 1/√ε.
      #expect(worstDifference(Array(y[row * width..<(row + 1) * width]), expected) < (width == 1 ? 1e-3 : 2e-5))
    }
    var again = x
    unsafe level.table.layer_norm_again(again, statistics, scale, shift, &again, Int64(rows), Int64(width))
    #expect(again == y)
  }

  @Test("layer norm backward", arguments: everyLevel(widths), [1, 2, 5])
  func layerNormBackward(of run: (level: InstructionLevel, width: Int), rows: Int) {
    let (level, width) = run
    var values = Values(seed: UInt64(width + rows))
    let x = values.floats(rows * width, scale: 3, offset: 1)
    let dy = values.floats(rows * width)
    let scale = values.floats(width)
    var y = x
    var statistics = [Float](repeating: 0, count: rows * 2)
    unsafe level.table.layer_norm(x, scale, scale, 1e-2, &y, &statistics, Int64(rows), Int64(width))

    var expected = [Double](repeating: 0, count: rows * width)
    var scaleGradient = [Double](repeating: 0.5, count: width)
    var shiftGradient = [Double](repeating: -0.25, count: width)
    for row in 0..<rows {
      let mean = Double(statistics[2 * row])
      let inverse = Double(statistics[2 * row + 1])
      let normal = (0..<width).map { (Double(x[row * width + $0]) - mean) * inverse }
      let g = (0..<width).map { Double(dy[row * width + $0]) * Double(scale[$0]) }
      let sum = g.reduce(0, +) / Double(width)
      let product = zip(g, normal).reduce(0) { $0 + $1.0 * $1.1 } / Double(width)
      for i in 0..<width {
        expected[row * width + i] = inverse * (g[i] - sum - normal[i] * product)
        scaleGradient[i] += Double(dy[row * width + i]) * normal[i]
        shiftGradient[i] += Double(dy[row * width + i])
      }
    }
    var dx = x
    var scaleSums = [Float](repeating: 0.5, count: width)
    var shiftSums = [Float](repeating: -0.25, count: width)
    unsafe level.table.layer_norm_backward(
      dy, x, statistics, scale, &dx, 0, &scaleSums, &shiftSums, Int64(rows), Int64(width))
    let tolerance = width == 1 ? 1e-4 : 1e-5
    #expect(worstDifference(dx, expected) < tolerance)
    #expect(worstDifference(scaleSums, scaleGradient) < 1e-5)
    #expect(worstDifference(shiftSums, shiftGradient) < 1e-5)

    var sum = x
    unsafe level.table.layer_norm_backward(
      dy, x, statistics, scale, &sum, 1, &scaleSums, &shiftSums, Int64(rows), Int64(width))
    #expect(worstDifference(sum, zip(expected, x).map { $0 + Double($1) }) < tolerance)
  }

  @Test("column sums", arguments: everyLevel(widths), [1, 7, 8, 19])
  func columnSums(of run: (level: InstructionLevel, width: Int), rows: Int) {
    let (level, width) = run
    var values = Values(seed: 3)
    let stride = width + 5
    let x = values.floats(rows * stride)
    var sums = [Float](repeating: 1, count: width)
    unsafe level.table.column_sums(x, Int64(rows), Int64(width), Int64(stride), &sums)
    let expected = (0..<width).map { i in (0..<rows).reduce(1.0) { $0 + Double(x[$1 * stride + i]) } }
    #expect(worstDifference(sums, expected) < 1e-5)
  }

  @Test("elementwise passes", arguments: InstructionLevel.available, widths) func elementwisePasses(
    level: InstructionLevel, count: Int
  ) {
    var values = Values(seed: 4)
    let a = values.floats(count)
    let b = values.floats(count)
    var y = a
    unsafe level.table.add(b, &y, Int64(count))
    #expect(y == zip(a, b).map(+))
    unsafe level.table.sum(a, b, &y, Int64(count))
    #expect(y == zip(a, b).map(+))
    unsafe level.table.scale(&y, 0.5, Int64(count))
    #expect(y == zip(a, b).map { ($0 + $1) * 0.5 })

    let squares = a.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(unsafe level.table.sum_of_squares(a, Int64(count)) - squares) < 1e-12 * Double(count))
  }

  @Test("scaled sum", arguments: InstructionLevel.available, widths) func scaledSum(level: InstructionLevel, width: Int) {
    var values = Values(seed: 5)
    let rows = 3
    let x = values.floats(rows * width)
    let residual = values.floats(rows * width)
    let scale = values.floats(width)
    let exact = (0..<rows * width).map { Double(residual[$0]) + Double(x[$0]) * Double(scale[$0 % width]) }
    var y = residual
    unsafe level.table.scaled_sum(x, scale, residual, &y, Int64(rows), Int64(width))
    #expect(worstDifference(y, exact) < 1e-6)
    var (inX, inResidual) = (x, residual)
    unsafe inX.withUnsafeMutableBufferPointer {
      unsafe level.table.scaled_sum($0.baseAddress!, scale, residual, $0.baseAddress!, Int64(rows), Int64(width))
    }
    unsafe inResidual.withUnsafeMutableBufferPointer {
      unsafe level.table.scaled_sum(x, scale, $0.baseAddress!, $0.baseAddress!, Int64(rows), Int64(width))
    }
    #expect(inX == y && inResidual == y)
  }

  @Test("rows by number", arguments: InstructionLevel.available, widths) func rowsByNumber(level: InstructionLevel, width: Int) {
    var values = Values(seed: 6)
    let (stride, outStride) = (width + 2, width + 4)
    let x = values.floats(9 * stride)
    let rows: [Int32] = [8, 0, 3, 3]
    var out = [Float](repeating: -1, count: 4 * outStride)
    unsafe level.table.gather_rows(x, Int64(stride), rows, 4, Int64(width), &out, Int64(outStride))
    for (i, value) in out.enumerated() {
      let column = i % outStride
      #expect(value == (column < width ? x[Int(rows[i / outStride]) * stride + column] : -1))
    }
    var sums = [Float](repeating: 0.5, count: 9 * stride)
    unsafe level.table.scatter_add_rows(out, Int64(outStride), rows, 4, Int64(width), &sums, Int64(stride))
    for i in 0..<width {
      #expect(sums[8 * stride + i] == 0.5 + x[8 * stride + i])
      #expect(abs(sums[3 * stride + i] - 0.5 - 2 * x[3 * stride + i]) < 1e-6)
      #expect(sums[stride + i] == 0.5)
    }
  }

  @Test("losses", arguments: InstructionLevel.available, widths) func losses(level: InstructionLevel, count: Int) {
    var values = Values(seed: 8)
    let prediction = values.floats(count)
    var target = values.floats(count)
    target[count / 2] = prediction[count / 2]
    let differences = zip(prediction, target).map { Double($0) - Double($1) }
    var gradient = prediction
    let squared = unsafe level.table.squared_error(prediction, target, &gradient, 0.25, Int64(count))
    #expect(abs(squared - differences.reduce(0) { $0 + $1 * $1 }) < 1e-6 * Double(count))
    #expect(worstDifference(gradient, differences.map { 0.5 * $0 }) < 1e-6)
    #expect(unsafe level.table.squared_error(prediction, target, nil, 0, Int64(count)) == squared)
    let absolute = unsafe level.table.absolute_error(prediction, target, &gradient, 0.25, Int64(count))
    #expect(abs(absolute - differences.reduce(0) { $0 + abs($1) }) < 1e-6 * Double(count))
    #expect(gradient == differences.map { $0 == 0 ? 0 : $0 > 0 ? 0.25 : -0.25 })
    #expect(unsafe level.table.absolute_error(prediction, target, nil, 0, Int64(count)) == absolute)
  }

  @Test("AdamW", arguments: InstructionLevel.available, widths) func adamW(level: InstructionLevel, count: Int) {
    var values = Values(seed: 9)
    var parameter = values.floats(count)
    let gradient = values.floats(count)
    var first = values.floats(count, scale: 0.1)
    var second = values.floats(count, scale: 0.05, offset: 0.05)
    var step = mae_adamw_step(
      learning_rate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, keep: Float(1 - 0.01 * 0.05), correction1: 0.271,
      correction2: 0.142625, gradient_scale: 0.5)
    var expected: [Double] = []
    var moments: [Double] = []
    var squares: [Double] = []
    for i in 0..<count {
      let g = Double(gradient[i]) * 0.5
      let m = 0.9 * Double(first[i]) + 0.1 * g
      let v = 0.95 * Double(second[i]) + 0.05 * g * g
      let kept = Double(parameter[i]) * (1 - 0.01 * 0.05)
      expected.append(kept - 0.01 * (m / 0.271) / ((v / 0.142625).squareRoot() + 1e-8))
      moments.append(m)
      squares.append(v)
    }
    unsafe level.table.adamw(&parameter, gradient, &first, &second, Int64(count), &step)
    #expect(worstDifference(parameter, expected) < 5e-6)
    #expect(worstDifference(first, moments) < 1e-6)
    #expect(worstDifference(second, squares) < 1e-6)
  }
}
