import Foundation
import MAEFoundation

/// A folder that an export may write: new, empty, or an earlier export that is to be replaced; never that of a run.
struct ExportFolder {
  private let path: String

  /// - Parameter replacing: whether files in it may be replaced.
  /// - Throws: ``CheckpointError`` when it is not to be written.
  init(_ path: String, replacing: Bool) throws(CheckpointError) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
    guard !RunMark.isInside(path) else {
      throw CheckpointError(
        .cannotCreate, file: path, reason: "belongs to a run, which an export never changes; name another folder")
    }
    guard exists(path) else { return }
    guard Folder.exists(path) else {
      throw CheckpointError(.cannotCreate, file: path, reason: "is a file; name a folder to export to")
    }
    if let first = names(in: path).first, !replacing {
      throw CheckpointError(
        .cannotCreate, file: path, reason: "is not empty (\(first)); name another folder, or replace what is in it with --force")
    }
  }

  /// Has the files written into a new folder beside it and moves them into place.
  ///
  /// - Returns: their names.
  /// - Throws: what `write` throws, or ``FileError``; the folder is then as it was.
  func fill(_ write: (_ folder: String) throws -> Void) throws -> [String] {
    let partial = AtomicFile.temporaryPath(beside: path)
    defer { Folder.remove(partial) }
    try Folder.make(partial)
    try write(partial)
    try Folder.syncContents(of: partial)
    let files = names(in: partial)
    // Over a missing or an empty folder the whole one is moved.
    if Folder.move(partial, to: path) == 0 {
      try Folder.sync(Folder.parent(of: path))
      return files
    }
    for file in files {
      let code = Folder.move(join(partial, file), to: join(path, file))
      guard code == 0 else { throw FileError(.cannotCreate, join(path, file), "cannot be put in place", code: code) }
    }
    try Folder.syncContents(of: path)
    return files
  }

  private func names(in folder: String) -> [String] {
    (Folder.names(in: folder) ?? []).sorted()
  }
}
