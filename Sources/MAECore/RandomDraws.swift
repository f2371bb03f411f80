import Foundation

extension RandomStream {
  /// A number in `[0, 1)` with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in `[low, high)`.
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// A whole number in `0 ..< bound`.
  public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// Normal with mean 0 and deviation 1 (Box and Muller).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// Normal with mean 0 and deviation 1, drawn again while outside `±cut`.
  public mutating func truncatedNormal(cut: Double) -> Double {
    while true {
      let value = normal()
      if abs(value) <= cut { return value }
    }
  }

  /// From the Beta(α, α) distribution on 0…1, as the share of one of two gamma-distributed numbers.
  ///
  /// - Precondition: α is positive.
  public mutating func symmetricBeta(_ alpha: Double) -> Double {
    let (first, second) = (gamma(alpha), gamma(alpha))
    // Both can be too small for a number where α is; the distribution is then all at its ends.
    return first + second > 0 ? first / (first + second) : Double(below(2))
  }

  /// Gamma-distributed with scale 1 (Marsaglia and Tsang 2000).
  private mutating func gamma(_ shape: Double) -> Double {
    guard shape >= 1 else { return gamma(shape + 1) * pow(1 - uniform(), 1 / shape) }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      if v > 0, log(1 - uniform()) < x * x / 2 + d - d * v + d * log(v) { return d * v }
    }
  }

  /// The numbers `0 ..< count` in random order.
  public mutating func permutation(_ count: Int) -> [Int32] { (0..<Int32(count)).shuffled(using: &self) }
}
