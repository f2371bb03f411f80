import Foundation

enum Paths {
  /// A path that means the same from any folder.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : URL(fileURLWithPath: path).standardizedFileURL.path
  }

  /// Makes a folder that a flag names, unless it is there.
  ///
  /// - Throws: ``Failure`` when it cannot be made or nothing can be written into it.
  static func makeFolder(_ path: String, flag: String) throws {
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue,
      FileManager.default.isWritableFile(atPath: path)
    else { throw Failure(.cannotCreate, "\(path): the folder cannot be made or written to; choose another with \(flag)") }
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
