/// How text is set: size, weight and colour.
public struct TextStyle: Hashable, Sendable {
  /// How thick strokes are.
  public enum Weight: Hashable, Sendable {
    case regular, bold

    /// Thickness of a stroke in units of the design, of which a capital letter is ten high.
    var strokeWidth: Double { self == .bold ? 1.6 : 1.12 }

    /// Free room between two characters, from pen line to pen line, in the same units.
    var spacing: Double { self == .bold ? 3 : 2.7 }
  }

  /// Height of a capital letter, in pixels.
  public var capHeight: Int
  /// How thick strokes are.
  public var weight: Weight
  /// Of the strokes.
  public var colour: Colour

  /// Letters with capitals so many pixels high.
  public init(capHeight: Int, weight: Weight = .regular, colour: Colour = Style.ink) {
    self.capHeight = capHeight
    self.weight = weight
    self.colour = colour
  }

  /// From the baseline of one line to that of the next, in pixels.
  public var lineHeight: Int { (capHeight * 19 + 5) / 10 }

  /// Pixels of one unit of the design.
  var unit: Double { Double(capHeight) / Glyph.capHeight }
}
