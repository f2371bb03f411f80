import Foundation
import MAECore

/// How a parameter starts.
public enum Initializer: Sendable {
  case zeros
  case ones
  case constant(Float)
  /// Uniform within ±√(6 / (in + out)) (Glorot and Bengio 2010).
  case xavierUniform(inputs: Int, outputs: Int)
  /// Uniform within ±bound.
  case uniform(bound: Double)
  case normal(deviation: Double)
  /// Normal, drawn again outside ±cut deviations.
  case truncatedNormal(deviation: Double, cut: Double)
  /// Given values, such as a sinusoid table.
  case values(@Sendable () -> [Float])

  /// `count` initial values; a pure function of the stream.
  func values(count: Int, random: RandomStream) -> [Float] {
    var random = random
    switch self {
    case .zeros: return [Float](repeating: 0, count: count)
    case .ones: return [Float](repeating: 1, count: count)
    case .constant(let value): return [Float](repeating: value, count: count)
    case .xavierUniform(let inputs, let outputs):
      return Self.uniform(count, (6 / Double(inputs + outputs)).squareRoot(), &random)
    case .uniform(let bound): return Self.uniform(count, bound, &random)
    case .normal(let deviation): return (0..<count).map { _ in Float(deviation * random.normal()) }
    case .truncatedNormal(let deviation, let cut):
      return (0..<count).map { _ in Float(deviation * random.truncatedNormal(cut: cut)) }
    case .values(let make):
      let values = make()
      precondition(values.count == count, "Initializer: \(values.count) values for \(count)")
      return values
    }
  }

  private static func uniform(_ count: Int, _ bound: Double, _ random: inout RandomStream) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count { unsafe buffer.initializeElement(at: index, to: Float(random.uniform(-bound, bound))) }
      initialized = count
    }
  }
}
