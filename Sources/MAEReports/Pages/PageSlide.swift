import Foundation
import MAEFoundation

/// A picture that shares its place with others: the same thing at several steps.
public struct PageSlide: Sendable {
  /// A PNG file.
  public var png: Data
  /// Width on the page in pixels of a screen; a wider picture than the page shrinks.
  public var width: Int
  /// Below the picture.
  public var caption: String

  /// Small pictures are enlarged, pixel by pixel.
  private static let usualWidth = 900

  /// - Parameter png: the bytes of a PNG file.
  public init(png: Data, caption: String) {
    (self.png, self.caption) = (png, caption)
    // The header begins with the width, four bytes from place 16 on.
    let own = png.dropFirst(16).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    width = own == 0 ? Self.usualWidth : own * max(1, Self.usualWidth / own)
  }

  /// - Throws: ``FileError`` when the file cannot be read.
  public init(path: String, caption: String) throws(FileError) {
    self.init(png: Data(try DurableFile.bytes(of: path)), caption: caption)
  }

  func html() -> String {
    "<figure><img class=\"pixels\" width=\"\(width)\" alt=\"\(Markup.escaped(caption))\" "
      + "src=\"data:image/png;base64,\(png.base64EncodedString())\"><figcaption>\(Markup.escaped(caption))</figcaption></figure>"
  }

  /// Puts a slider above the pictures that share a place, and shows one of them, at first the last.
  static let script = """
    for (const box of document.querySelectorAll(".slides")) {
      const all = [...box.children];
      if (all.length < 2) continue;
      const slider = document.createElement("input");
      Object.assign(slider, {type: "range", min: 0, max: all.length - 1, value: all.length - 1, ariaLabel: "step"});
      const show = () => all.forEach((figure, place) => figure.hidden = place != slider.value);
      slider.oninput = show;
      box.prepend(slider);
      show();
    }
    """
}
