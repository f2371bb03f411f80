import Foundation

/// Numbers as text.
public enum RecipeText {
  /// A number with few digits, for people: `1.5e-4`, `0.001`, `300`.
  public static func number(_ value: Double) -> String {
    guard value.isFinite else { return value.description }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    let magnitude = abs(value)
    guard magnitude >= 0.001, magnitude < 10000 else {
      var exponent = 0
      var mantissa = value
      while abs(mantissa) < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
      while abs(mantissa) >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      return "\(exact((mantissa * 1000).rounded() / 1000))e\(exponent)"
    }
    return exact((value * 1e6).rounded() / 1e6)
  }

  /// A number with so many significant digits at least as tell its size, for people: `0.31`, `12`, `1840`.
  public static func rounded(_ value: Double, digits: Int) -> String {
    guard value != 0, value.isFinite else { return "0" }
    let places = max(0, digits - 1 - Int(log10(abs(value)).rounded(.down)))
    let unit = pow(10, Double(min(places, 12)))
    return number((value * unit).rounded() / unit)
  }

  /// A share as `50%` or `0.5`; nil where the text is neither.
  static func share(_ text: some StringProtocol) -> Double? {
    text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
  }

  /// A share in percent, to the millionth: `12.5%`.
  package static func percent(_ share: Double) -> String { exact((share * 1e6).rounded() / 1e4) + "%" }

  /// A number with as many digits as it takes, whole ones without a point.
  static func exact(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : value.description
  }
}
