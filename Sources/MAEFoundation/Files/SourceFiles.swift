import Foundation

/// Keeps files that are read from being replaced by what is made of them.
package enum SourceFiles {
  /// Makes sure that nothing that is to be written takes the place of something that is read, whatever names lead to it.
  ///
  /// - Parameters:
  ///   - targets: Files that are to be written.
  ///   - sources: Files that are read; a folder stands for the files in it. Asked for only where a target is there already.
  ///   - advice: What to do instead.
  /// - Throws: ``FileError`` of kind `cannotCreate` for the first target that is one of them.
  package static func requireKept(
    writing targets: [String], reading sources: @autoclosure () -> [String],
    advice: String = "give another folder with --output"
  ) throws(FileError) {
    let existing = targets.filter { FileID(of: $0) != nil }
    guard !existing.isEmpty else { return }
    var read: Set<FileID> = []
    for source in sources() {
      guard let id = FileID(of: source) else { continue }
      if id.isFolder {
        for name in Folder.names(in: source) ?? [] { if let id = FileID(of: "\(source)/\(name)") { read.insert(id) } }
      } else {
        read.insert(id)
      }
    }
    for target in existing {
      guard let id = FileID(of: target), !id.isFolder, read.contains(id) else { continue }
      throw FileError(.cannotCreate, target, "is one of the files that are read, and would be replaced; \(advice)")
    }
  }
}

/// What a name leads to, links followed: all names of a file have the same.
private struct FileID: Hashable {
  let device, inode: UInt64
  let isFolder: Bool

  /// Nil when nothing is there.
  init?(of path: String) {
    var status = stat()
    guard unsafe path.withPath({ unsafe stat($0, &status) }) == 0 else { return nil }
    (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }
}
