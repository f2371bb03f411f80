import MAECore
import MAEModels

/// Spellings that command line and files share.
public enum RecipeText {
  /// `224` or `HEIGHTxWIDTH`; nil when it is neither.
  public static func size(_ text: String) -> FrameSize? {
    let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    switch (sides.count, sides.first ?? nil, sides.last ?? nil) {
    case (1, let side?, _): return FrameSize(square: side)
    case (2, let height?, let width?): return FrameSize(width: width, height: height)
    default: return nil
    }
  }

  /// The catalogue's name of a masking that papers call otherwise.
  public static func masking(_ name: String) -> String {
    Catalogue.builtIn.masking(named: name)?.name ?? name
  }

  /// Whether the catalogue has a masking of this name.
  public static func isMasking(_ name: String) -> Bool { Catalogue.builtIn.masking(named: name) != nil }

  /// Mean and deviation per channel by name: `imagenet`, `half` (0.5) or `mae-st` (0.45 and 0.225); nil for other names.
  public static func statistics(named name: String) -> (mean: [Double], deviation: [Double])? {
    switch name.lowercased() {
    case "imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    case "half": ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
    case "mae-st": ([0.45, 0.45, 0.45], [0.225, 0.225, 0.225])
    default: nil
    }
  }

  /// A number with few digits, for people: `1.5e-4`, `0.001`, `300`.
  public static func number(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    let magnitude = abs(value)
    guard magnitude >= 0.001, magnitude < 10000 else {
      var exponent = 0
      var mantissa = value
      while abs(mantissa) < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
      while abs(mantissa) >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      return "\(shortened((mantissa * 1000).rounded() / 1000))e\(exponent)"
    }
    return shortened((value * 1e6).rounded() / 1e6)
  }

  /// A number with as many digits as it takes, whole ones without a point.
  static func exact(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : value.description
  }

  private static func shortened(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : value.description
  }
}
