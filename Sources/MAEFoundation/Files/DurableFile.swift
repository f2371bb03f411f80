import Foundation

/// Small files that are there as a whole or not at all, and survive a loss of power once written.
public enum DurableFile {
  /// Replaces the file at `path` in one step.
  ///
  /// - Throws: ``FileError`` when it cannot be written; the old file is then untouched.
  public static func write(_ text: String, to path: String) throws(FileError) { try write(Array(text.utf8), to: path) }

  /// As for text.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  /// The bytes of a file.
  ///
  /// - Throws: ``FileError``: `missing` when there is no such file or it may not be opened, `unusable` when it is a folder or a
  ///   device, `inputOutput` when it cannot be read.
  package static func bytes(of path: String) throws(FileError) -> [UInt8] {
    do throws(SystemError) {
      var file = try PatientFile(path: path)
      return try file.read(file.size)
    } catch {
      switch error.number {
      case EINVAL: throw FileError(.unusable, path, "is not an ordinary file")
      case ENOENT, ENOTDIR, EACCES, EPERM: throw FileError(.missing, path, "cannot be opened", code: error.number)
      default: throw FileError(.inputOutput, path, "cannot be read", code: error.number)
      }
    }
  }

  /// The text of a file; nil when there is none.
  package static func text(of path: String) throws(FileError) -> String? {
    guard Folder.isAnything(at: path) else { return nil }
    return String(decoding: try bytes(of: path), as: UTF8.self)
  }
}
