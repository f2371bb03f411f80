import Foundation

/// The folder that a command writes its results to.
enum OutputFolder {
  /// Makes the folder if need be.
  ///
  /// - Throws: ``Failure`` when it cannot be made or written to.
  static func make(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure(.cannotCreate, "\(path): the folder cannot be made; choose another output folder")
    }
    guard FileManager.default.isWritableFile(atPath: path) else {
      throw Failure(.cannotCreate, "\(path): cannot be written to; choose another output folder")
    }
  }
}
