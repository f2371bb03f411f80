import CKernels
import Foundation
import Testing

@Suite struct KernelActivationTests {
  static let counts = [1, 3, 15, 16, 17, 129]

  static func gelu(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }

  static func slope(_ x: Double) -> Double {
    0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
  }

  @Test func exponentialIsWithinOneUnit() {
    let x = Array(stride(from: Float(-87.3), through: 88.7, by: 0.0013))
    var y = [Float](repeating: 0, count: x.count)
    mae_exp(x, &y, Int64(x.count))
    let worst = zip(x, y).map { $1.units(from: exp(Double($0))) }.max()!
    #expect(worst <= 1)
  }

  @Test func geluAndItsSlopeAreWithinTheirUnits() {
    let near = (-200...200).map { Float($0) * 1e-6 }
    let x = Array(stride(from: Float(-14), through: 20, by: 0.0007)) + near
    var y = [Float](repeating: 0, count: x.count)
    var slope = y
    let ones = [Float](repeating: 1, count: x.count)
    mae_gelu(x, &y, Int64(x.count))
    mae_gelu_backward(x, ones, &slope, Int64(x.count))
    // Of the value; in the tail on the left, where it dies away, of 1/16.
    func worst(_ y: [Float], _ exact: (Double) -> Double, least: (Float) -> Double) -> Double {
      zip(x, y).map { x, y in
        let value = exact(Double(x))
        return abs(Double(y) - value) / (scalbn(1, ilogb(max(abs(value), least(x)))) * 0x1p-23)
      }.max()!
    }
    #expect(worst(y, Self.gelu) { $0 < -0.75 ? 0.0625 : 1e-30 } <= 6)
    #expect(worst(slope, Self.slope) { _ in 0.25 } <= 4)
  }

  @Test func limitsAreKept() {
    let x: [Float] = [.infinity, -.infinity, .nan, 0, 1000, -1000, 100, -100]
    let ones = [Float](repeating: 1, count: 8)
    var y = x
    var slope = x
    mae_gelu_forward_backward(x, ones, &y, &slope, 8)
    #expect(y[0] == .infinity && abs(y[1]) < 1e-15 && y[2].isNaN && y[3] == 0 && y[4] == 1000 && abs(y[5]) < 1e-15)
    #expect(slope[0] == 1 && abs(slope[1]) < 1e-15 && slope[2].isNaN && slope[3] == 0.5 && slope[4] == 1 && abs(slope[5]) < 1e-15)
    mae_exp(x, &y, 8)
    #expect(y[0] == .infinity && y[1] == 0 && y[2].isNaN && y[3] == 1 && y[4] == .infinity && y[5] == 0)
    #expect(y[6] == .infinity && y[7] == 0)
  }

  @Test(arguments: counts) func everyLengthGivesTheSameValues(count: Int) {
    var values = Values(seed: UInt64(count))
    let x = values.floats(count, scale: 4)
    let dy = values.floats(count)
    var y = [Float](repeating: 0, count: count)
    var dx = y
    var both = dy
    mae_gelu(x, &y, Int64(count))
    mae_gelu_backward(x, dy, &dx, Int64(count))
    #expect(worstDifference(y, x.map { Self.gelu(Double($0)) }) < 2e-6)
    #expect(worstDifference(dx, zip(x, dy).map { Self.slope(Double($0)) * Double($1) }) < 2e-6)

    var inPlace = x
    mae_gelu_forward_backward(x, dy, &inPlace, &both, Int64(count))
    #expect(inPlace == y && both == dx)
  }

  @Test(arguments: counts) func biasThenGelu(width: Int) {
    var values = Values(seed: 7)
    let rows = 5
    let x = values.floats(rows * width, scale: 2)
    let bias = values.floats(width)
    var biased = x
    var y = x
    mae_add_bias_gelu(&biased, bias, &y, Int64(rows), Int64(width))
    let expected = (0..<rows * width).map { x[$0] + bias[$0 % width] }
    var activated = expected
    mae_gelu(expected, &activated, Int64(expected.count))
    #expect(biased == expected && y == activated)
  }
}
