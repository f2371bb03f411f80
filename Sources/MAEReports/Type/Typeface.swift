import Synchronization

/// What a font has for a character.
struct Letter: Sendable {
  /// In the font.
  var number: UInt32
  /// From the beginning of this letter to that of the next, in ems; 0 of a mark that is set over the letter before it.
  var advance: Double
}

/// The typeface of all text in pictures: Latin letters with their accents, Greek, Cyrillic, and signs.
final class Typeface: Sendable {
  static let shared = Typeface()

  /// The height of capital letters, in ems.
  let capHeight: Double
  /// Swift's characters are equal whether an accent is part of a letter or follows it as a mark, as in names from a Mac.
  private let letters: [Character: Letter]
  private let box: Letter
  private let face: Mutex<FontFace>

  private init() {
    let face = FontFace()
    capHeight = face.capHeight
    letters = face.letters
    box = face.box
    self.face = Mutex(face)
  }

  /// What is drawn for a character: one letter as a rule; a letter and marks where the font does not have them as one; nothing
  /// for what has no shape, such as a joiner; and one box for what the font does not have, of however many parts an emoji is.
  func letters(for character: Character) -> [Letter] {
    if let letter = letters[character] { return [letter] }
    let shapes = character.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }
    let found = shapes.compactMap { letters[Character($0)] }
    return found.count == shapes.count ? found : [box]
  }

  /// Draws a letter that begins `pen` pixels from the left edge of the pixel that the glyph's `x` is counted from.
  func draw(_ letter: Letter, _ style: TextStyle, pen: Double) -> Glyph {
    face.withLock { $0.draw(letter, em: style.em, emboldening: style.emboldening, pen: pen) }
  }
}
