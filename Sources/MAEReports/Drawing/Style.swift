/// The colours, distances and type sizes that all our pictures share.
public enum Style {
  /// The ground of every picture.
  public static let paper = Colour(0xFAFAF8)
  /// Titles and text.
  public static let ink = Colour(0x22262B)
  /// Notes, and what lies behind pictures.
  public static let secondaryInk = Colour(0x6A7078)
  /// Thin lines and empty bars.
  public static let hairline = Colour(0xD8DADD)
  /// What is to be seen first.
  public static let accent = Colour(0x2F6DB5)
  /// A patch that the encoder does not see, and the fine lines on it.
  public static let hidden = Colour(0xC9CBCE)
  /// The fine lines on a hidden patch.
  public static let hiddenLines = Colour(0xB9BCC0)
  /// The frame of a patch that is shown although it was to be hidden.
  public static let hint = Colour(0xD9822B)
  /// Of things that belong to different groups, told apart by colour-blind readers too; a chart's series have them on light
  /// paper.
  public static let series = [0x2F6DB5, 0xD9822B, 0x2A9D7C, 0xB5446E, 0x7A62B8, 0x8A8F2A, 0x4AA5D0, 0x7D6A5A].map { Colour($0) }

  /// Distance from the edge of a picture to what is drawn on it, in pixels.
  public static let margin = 28
  /// Distance between neighbouring pictures, in pixels.
  public static let gap = 6

  /// Of a whole picture.
  public static let title = TextStyle(capHeight: 14, weight: .bold, colour: ink)
  /// Of rows and columns.
  public static let label = TextStyle(capHeight: 11, weight: .bold, colour: ink)
  /// Running text.
  public static let body = TextStyle(capHeight: 11, weight: .regular, colour: ink)
  /// Captions.
  public static let note = TextStyle(capHeight: 10, weight: .regular, colour: secondaryInk)
}
