import CKernels
import Foundation
import MAECore
import Testing

@Suite struct KernelActivationTests {
  static let counts = [1, 3, 7, 8, 15, 16, 17, 129]

  static func gelu(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }

  static func slope(_ x: Double) -> Double {
    0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
  }

  @Test("GELU and its slope are within their units", arguments: InstructionLevel.available)
  func geluAndItsSlopeAreWithinTheirUnits(level: InstructionLevel) {
    let near = (-200...200).map { Float($0) * 1e-6 }
    let x = Array(stride(from: Float(-12.4), through: 20, by: 0.0007)) + near
    var y = [Float](repeating: 0, count: x.count)
    var slope = y
    let ones = [Float](repeating: 1, count: x.count)
    unsafe level.table.gelu(x, &y, Int64(x.count))
    unsafe level.table.gelu_backward(x, ones, &slope, Int64(x.count))
    func worst(_ y: [Float], _ exact: (Double) -> Double, least: Double) -> Double {
      zip(x, y).map { x, y in
        let value = exact(Double(x))
        return abs(Double(y) - value) / (scalbn(1, ilogb(max(abs(value), least))) * 0x1p-23)
      }.max()!
    }
    #expect(worst(y, Self.gelu, least: 1e-40) <= 5)
    #expect(worst(slope, Self.slope, least: 0.25) <= 4)

    // Farther to the left both stay next to nothing.
    let far = Array(stride(from: Float(-14), to: -12.4, by: 0.0007))
    unsafe level.table.gelu(far, &y, Int64(far.count))
    unsafe level.table.gelu_backward(far, ones, &slope, Int64(far.count))
    #expect(y[..<far.count].allSatisfy { abs($0) < 1e-33 } && slope[..<far.count].allSatisfy { abs($0) < 1e-32 })
  }

  @Test("limits are kept", arguments: InstructionLevel.available) func limitsAreKept(level: InstructionLevel) {
    let x: [Float] = [.infinity, -.infinity, .nan, 0, 1000, -1000, 100, -100]
    let ones = [Float](repeating: 1, count: 8)
    var y = x
    var slope = x
    unsafe level.table.gelu(x, &y, 8)
    unsafe level.table.gelu_backward(x, ones, &slope, 8)
    #expect(y[0] == .infinity && abs(y[1]) < 1e-34 && y[2].isNaN && y[3] == 0 && y[4] == 1000 && abs(y[5]) < 1e-34)
    #expect(slope[0] == 1 && abs(slope[1]) < 1e-33 && slope[2].isNaN && slope[3] == 0.5 && slope[4] == 1 && abs(slope[5]) < 1e-33)
  }

  @Test("every length gives the same values", arguments: InstructionLevel.available, counts) func everyLengthGivesTheSameValues(
    level: InstructionLevel, count: Int
  ) {
    var values = Values(seed: UInt64(count))
    let x = values.floats(count, scale: 4)
    let dy = values.floats(count)
    var y = [Float](repeating: 0, count: count)
    var dx = y
    unsafe level.table.gelu(x, &y, Int64(count))
    unsafe level.table.gelu_backward(x, dy, &dx, Int64(count))
    #expect(worstDifference(y, x.map { Self.gelu(Double($0)) }) < 2e-6)
    #expect(worstDifference(dx, zip(x, dy).map { Self.slope(Double($0)) * Double($1) }) < 2e-6)

    var (inPlace, gradientInPlace) = (x, dy)
    unsafe inPlace.withUnsafeMutableBufferPointer {
      unsafe level.table.gelu($0.baseAddress!, $0.baseAddress!, Int64(count))
    }
    unsafe gradientInPlace.withUnsafeMutableBufferPointer {
      unsafe level.table.gelu_backward(x, $0.baseAddress!, $0.baseAddress!, Int64(count))
    }
    #expect(inPlace == y && gradientInPlace == dx)
  }

  @Test("dropout keeps the same elements wherever a range starts", arguments: InstructionLevel.available, counts)
  func dropoutKeepsTheSameElementsWhereverARangeStarts(
    level: InstructionLevel, count: Int
  ) {
    var values = Values(seed: 12)
    let x = values.floats(3 * count, offset: 3)
    var dropout = mae_dropout(seed: 77, threshold: UInt32(0.4 * 0x1p32), factor: 1 / 0.6)
    var whole = x
    unsafe level.table.drop(x, &dropout, 0, &whole, Int64(3 * count))
    #expect(zip(whole, x).allSatisfy { $0 == 0 || $0 == $1 * dropout.factor })
    var part = Array(x[count..<2 * count])
    unsafe level.table.drop(part, &dropout, Int64(count), &part, Int64(count))
    #expect(part == Array(whole[count..<2 * count]))
    // Which ones: MurmurHash3's finalizer of seed and number.
    for (number, value) in whole.enumerated() {
      var hash = UInt32(number) &* 0x9e37_79b1 &+ dropout.seed
      hash = (hash ^ hash >> 16) &* 0x85eb_ca6b
      hash = (hash ^ hash >> 13) &* 0xc2b2_ae35
      #expect((value == 0) == (hash ^ hash >> 16 < dropout.threshold))
    }
  }
}
