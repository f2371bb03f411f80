import Foundation
import MAECore
import MAEMedia

extension Image {
  /// The picture as a PNG inside an address, which lets a page hold it.
  func dataAddress() throws(MediaError) -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("mae-\(UUID().uuidString).png")
    defer { try? FileManager.default.removeItem(at: file) }
    try PictureWriter.writePNG(self, to: file.path)
    guard let data = try? Data(contentsOf: file) else {
      throw MediaError(code: .ioError, path: file.path, doing: "reading the picture back")
    }
    return "data:image/png;base64," + data.base64EncodedString()
  }
}
