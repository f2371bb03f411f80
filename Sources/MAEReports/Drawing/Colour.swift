/// A colour as three bytes, in the order of an RGB picture.
public struct Colour: Hashable, Codable, Sendable {
  /// 0 … 255
  public var red, green, blue: UInt8

  /// From three bytes.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// From a number as in a style sheet: `Colour(0xE69F00)`.
  public init(_ hexadecimal: UInt32) {
    self.init(
      red: UInt8(truncatingIfNeeded: hexadecimal >> 16), green: UInt8(truncatingIfNeeded: hexadecimal >> 8),
      blue: UInt8(truncatingIfNeeded: hexadecimal))
  }

  /// Equal amounts of all three.
  public init(grey: UInt8) { self.init(red: grey, green: grey, blue: grey) }

  /// The mixture of this colour and `share` (0 … 1) of another.
  public func mixed(with other: Colour, _ share: Double) -> Colour {
    func mix(_ from: UInt8, _ to: UInt8) -> UInt8 {
      UInt8(max(0, min(255, (Double(from) + (Double(to) - Double(from)) * share).rounded())))
    }
    return Colour(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  /// As a style sheet writes it: `#e69f00`.
  public var styleSheetText: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
