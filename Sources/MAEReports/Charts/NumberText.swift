import Foundation

/// How numbers are written on axes and in tables.
public enum NumberText {
  /// With about `digits` significant digits; very large and very small numbers with a power of ten.
  public static func short(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
    let size = abs(value)
    if size == 0 { return "0" }
    if size >= 1e7 || size < 1e-4 { return power(value, digits: digits) }
    let decimals = max(0, digits - 1 - Int(log10(size).rounded(.down)))
    return signed(trimmed(fixed(value, decimals: decimals)))
  }

  /// With as many decimals as steps of `step` need.
  static func onAxis(_ value: Double, step: Double) -> String {
    if value == 0 { return "0" }
    if abs(value) >= 1e7 || step < 1e-4 { return power(value, digits: 3) }
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return signed(fixed(value, decimals: decimals))
  }

  private static func power(_ value: Double, digits: Int) -> String {
    let exponent = Int(log10(abs(value)).rounded(.down))
    let mantissa = trimmed(fixed(value / pow(10, Double(exponent)), decimals: digits - 1))
    return signed("\(mantissa)e\(exponent)")
  }

  private static func fixed(_ value: Double, decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    let digits = text.reversed().drop { $0 == "0" }
    return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
  }

  /// A true minus sign, and thin spaces between thousands.
  private static func signed(_ text: String) -> String {
    let isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
    var whole = ""
    if let digits = parts.first {
      for (index, digit) in digits.enumerated() {
        if index > 0, digits.allSatisfy(\.isNumber), (digits.count - index).isMultiple(of: 3), digits.count > 4 {
          whole += "\u{2009}"
        }
        whole.append(digit)
      }
    }
    return (isNegative ? "−" : "") + ([Substring(whole)] + parts.dropFirst()).joined(separator: ".")
  }
}
