import Foundation
import MAECore
import MAEMedia

extension Image {
  /// The picture as a PNG inside an address, which lets a page hold it.
  func dataAddress() throws(MediaError) -> String {
    "data:image/png;base64," + (try PictureWriter.png(self)).base64EncodedString()
  }
}
