import Foundation
import MAEFoundation

/// Walks folders: recursive, in byte order of names, without hidden files, each folder once however many links lead to it.
///
/// Names are taken as bytes, and what cannot be read is kept with the reason, not left out.
struct FileTree: Sendable {
  enum Entry: Hashable {
    case file, folder
    /// What is no file although it has a name, in words: opening a pipe or a device could wait for ever.
    case special(String)
  }

  struct File: Hashable {
    var path: String
    /// The folder that it lies in, nil directly below the folder that is walked.
    var parent: String?
    /// The folder around that one, likewise.
    var grandparent: String?
  }

  private struct FolderID: Hashable {
    var device: UInt
    var number: UInt
  }

  /// Names that lead to nothing that can be read, and why.
  private(set) var unreadable: [BadFile] = []
  /// Folders whose content cannot be listed, and why.
  private(set) var unlisted: [BadFile] = []
  private var visited: Set<FolderID> = []

  /// Leaves the folders at `excluded` out, whatever leads to them.
  init(excluding excluded: [String] = []) {
    for path in excluded { _ = try? visit(path) }
  }

  /// What is at `path`, links followed; nil when nothing is.
  static func entry(at path: String) -> Entry? { try? status(of: path).entry }

  /// The regular files below `folder`.
  mutating func files(below folder: String) -> [File] {
    var found: [File] = []
    enter(folder, parent: nil, grandparent: nil, into: &found)
    return found
  }

  /// Walks a folder unless it was visited before.
  private mutating func enter(_ folder: String, parent: String?, grandparent: String?, into found: inout [File]) {
    let names: [Name]
    Progress.current?.advance(at: folder)
    do throws(SystemError) {
      guard try visit(folder) else { return }
      names = try Self.names(in: folder)
    } catch {
      return unlisted.append(BadFile(file: folder, reason: "cannot be listed: \(error)"))
    }
    for name in names.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      let text = String(pathBytes: name.bytes)
      let path = folder.hasSuffix("/") ? folder + text : folder + "/" + text
      do throws(SystemError) {
        let entry: Entry
        if let known = name.entry { entry = known } else { entry = try Self.status(of: path).entry }
        switch entry {
        case .file: found.append(File(path: path, parent: parent, grandparent: grandparent))
        case .folder: enter(path, parent: text, grandparent: parent, into: &found)
        case .special(let what): unreadable.append(BadFile(file: path, reason: "it is \(what), not a file"))
        }
      } catch {
        let isLink = error.number == ENOENT || error.number == ENOTDIR
        unreadable.append(BadFile(file: path, reason: isLink ? "it is a link that leads nowhere" : "opening: \(error)"))
      }
    }
  }

  /// Whether the folder was not visited before.
  private mutating func visit(_ path: String) throws(SystemError) -> Bool {
    let status = try Self.status(of: path)
    return visited.insert(FolderID(device: UInt(status.st_dev), number: UInt(status.st_ino))).inserted
  }

  // MARK: - The system

  private struct Name {
    var bytes: [UInt8]
    /// nil where only following the name tells.
    var entry: Entry?
  }

  /// The names in a folder that are not hidden.
  private static func names(in folder: String) throws(SystemError) -> [Name] {
    try Folder.entries(in: folder).filter { $0.name.first != UInt8(ascii: ".") }.map { name, kind in
      Name(bytes: name, entry: kind == DT_REG ? .file : kind == DT_DIR ? .folder : nil)
    }
  }

  /// What the name leads to.
  private static func status(of path: String) throws(SystemError) -> stat {
    var status = stat()
    guard unsafe path.withPath({ unsafe stat($0, &status) }) == 0 else { throw SystemError(errno) }
    return status
  }
}

extension stat {
  fileprivate var entry: FileTree.Entry {
    switch st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFIFO: .special("a pipe")
    case S_IFSOCK: .special("a socket")
    default: .special("a device")
    }
  }
}
