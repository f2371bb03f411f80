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

  /// The numbers `0 ..< count` in random order.
  public mutating func permutation(_ count: Int) -> [Int32] { (0..<Int32(count)).shuffled(using: &self) }
}
