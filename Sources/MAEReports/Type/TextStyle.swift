/// How text is set: size, weight and colour.
public struct TextStyle: Hashable, Sendable {
  /// How thick strokes are.
  public enum Weight: Hashable, Sendable { case regular, bold }

  /// Height of a capital letter, in pixels.
  public var capHeight: Int
  /// How thick strokes are.
  public var weight: Weight
  /// Of the letters.
  public var colour: Colour

  /// Letters with capitals so many pixels high.
  public init(capHeight: Int, weight: Weight = .regular, colour: Colour = Style.ink) {
    self.capHeight = capHeight
    self.weight = weight
    self.colour = colour
  }

  /// From the baseline of one line to that of the next, in pixels.
  public var lineHeight: Int { (capHeight * 19 + 5) / 10 }

  /// The size of the type in pixels.
  var em: Double { Double(capHeight) / Typeface.shared.capHeight }

  /// By how many pixels upright strokes, and the ways from letter to letter, are wider than the typeface has them.
  var emboldening: Double { weight == .bold ? 0.065 * Double(capHeight) : 0 }

  /// Pixels from the beginning of a letter to that of the next.
  func advance(of letter: Letter) -> Double { letter.advance > 0 ? letter.advance * em + emboldening : 0 }
}
