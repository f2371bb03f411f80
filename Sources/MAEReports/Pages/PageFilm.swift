import Foundation
import MAEFoundation

/// A film inside the page that plays again and again without sound, with a caption.
public struct PageFilm: Sendable {
  /// An mp4 that browsers play.
  public var bytes: Data
  /// Below the film; empty for none.
  public var caption: String

  /// - Throws: ``FileError`` when the file cannot be read.
  public init(path: String, caption: String = "") throws(FileError) {
    bytes = Data(try DurableFile.bytes(of: path))
    self.caption = caption
  }

  func html() -> String {
    "<figure><video autoplay loop muted playsinline src=\"data:video/mp4;base64,"
      + bytes.base64EncodedString() + "\"></video>"
      + (caption.isEmpty ? "" : "<figcaption>\(Markup.escaped(caption))</figcaption>") + "</figure>"
  }
}
