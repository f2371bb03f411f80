import Foundation
import MAECore

/// Reproducible values for kernel tests: a small linear congruential generator.
struct Values {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// Uniform in −1 ..< 1.
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int64(state >> 40)) / Float(1 << 23) - 1
  }

  mutating func floats(_ count: Int, scale: Float = 1, offset: Float = 0) -> [Float] {
    (0..<count).map { _ in next() * scale + offset }
  }
}

/// Every level of instructions that this machine has, with every one of a test's other arguments.
///
/// A process has one level, which the environment may lower. Tests of kernels take the table of each level instead: one run then
/// tells about all of them.
func everyLevel<Value>(_ values: [Value]) -> [(InstructionLevel, Value)] {
  InstructionLevel.available.flatMap { level in values.map { (level, $0) } }
}

extension Float {
  /// Distance from `exact` in units of `exact`'s last place.
  func units(from exact: Double) -> Double {
    let binade = Foundation.scalbn(1.0, exact == 0 ? -126 : max(Foundation.ilogb(exact), -126))
    return abs(Double(self) - exact) / (binade * 0x1p-23)
  }
}

/// The largest |a − b| over two lists of equal length, relative to `scale`; infinite when a value is not finite.
func worstDifference(_ found: [Float], _ expected: [Double], scale: Double = 1) -> Double {
  precondition(found.count == expected.count)
  return zip(found, expected).reduce(0) { worst, pair in
    let difference = abs(Double(pair.0) - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference / scale)
  }
}
