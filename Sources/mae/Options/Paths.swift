import Foundation
import MAEFoundation

enum Paths {
  /// A path that means the same from any folder.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : URL(fileURLWithPath: path).standardizedFileURL.path
  }

  static func exists(_ path: String) -> Bool { Folder.isAnything(at: path) }
}
