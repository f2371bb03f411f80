import Foundation
import MAEFoundation
import MAEMedia

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
    /// What an earlier search found out.
    var known: KeptFolders.Known?
  }

  struct Name {
    var bytes: [UInt8]
    /// nil where only following the name tells.
    var entry: Entry?
    var known: KeptFolders.Known?
  }

  /// A folder that was walked, for the next search.
  struct Visit: Sendable {
    enum Part: Sendable {
      /// Files that were found one after the other, by their numbers.
      case files(Range<Int>)
      /// The name of something else, or of a file without a number.
      case other([UInt8])

      var count: Int { if case .files(let numbers) = self { numbers.count } else { 1 } }
    }

    var path: String
    var stamp: FolderStamp
    /// Whether nothing in it had to be listed.
    var isKept: Bool
    /// What it holds, in byte order of the names.
    var parts: [Part] = []

    mutating func add(_ file: Int?, _ name: [UInt8]) {
      guard let number = file else { return parts.append(.other(name)) }
      if case .files(let numbers) = parts.last, numbers.upperBound == number {
        parts[parts.count - 1] = .files(numbers.lowerBound..<number + 1)
      } else {
        parts.append(.files(number..<number + 1))
      }
    }
  }

  private struct FolderID: Hashable {
    var device: UInt
    var number: UInt
  }

  /// Names that lead to nothing that can be read, and why.
  private(set) var unreadable: [BadFile] = []
  /// Folders whose content cannot be listed, and why.
  private(set) var unlisted: [BadFile] = []
  /// The folders that were walked, each before those in it; see ``walk(_:remembers:_:)``.
  private(set) var visits: [Visit] = []
  /// What earlier searches know of folders.
  var kept: KeptFolders?
  private var visited: Set<FolderID> = []
  private var remembers = false
  private let count: SearchCount

  /// Leaves the folders at `excluded` out, whatever leads to them.
  init(excluding excluded: [String] = [], count: SearchCount = SearchCount()) {
    self.count = count
    for path in excluded { if let status = try? Self.status(of: path) { _ = visit(status) } }
  }

  /// What is at `path`, links followed; nil when nothing is. A member of a shard is a file.
  static func entry(at path: String) -> Entry? {
    if let entry = try? status(of: path).entry { return entry }
    return Shards.parts(of: path) != nil && (try? Shards.open(path).size) != nil ? .file : nil
  }

  /// Finds the regular files below `folder`, one after the other.
  ///
  /// - Parameters:
  ///   - remembers: Whether the folders are to be remembered as ``visits``.
  ///   - found: Takes a file and gives its number, nil where it is to be taken anew by the next search too.
  mutating func walk(_ folder: String, remembers: Bool = false, _ found: (File) -> Int?) {
    self.remembers = remembers
    enter(folder, parent: nil, grandparent: nil, found)
  }

  /// Walks a folder unless it was visited before.
  private mutating func enter(_ folder: String, parent: String?, grandparent: String?, _ found: (File) -> Int?) {
    var names: [Name]
    let visitNumber = visits.count
    Progress.current?.advance(at: folder)
    do throws(SystemError) {
      let status = try Self.status(of: folder)
      guard visit(status) else { return }
      // The time of before the listing: what changes meanwhile makes it another one.
      let stamp = FolderStamp(status)
      let known = kept?.names(in: folder, stamp)
      if let known { names = known } else { names = try Self.names(in: folder) }
      if remembers { visits.append(Visit(path: folder, stamp: stamp, isKept: known != nil)) }
    } catch {
      return unlisted.append(BadFile(file: folder, reason: "cannot be listed: \(error)"))
    }
    count.addFolder()
    // The names of a large folder go as the files come: a name is never held twice.
    while let name = names.popLast() {
      let text = String(pathBytes: name.bytes)
      let path = folder.hasSuffix("/") ? folder + text : folder + "/" + text
      do throws(SystemError) {
        let entry: Entry
        if let known = name.entry {
          entry = known
        } else {
          Progress.current?.advance()
          entry = try Self.status(of: path).entry
        }
        if entry == .file {
          count.addFile()
          let number = found(File(path: path, parent: parent, grandparent: grandparent, known: name.known))
          if remembers { visits[visitNumber].add(number, name.bytes) }
          continue
        }
        if remembers { visits[visitNumber].add(nil, name.bytes) }
        switch entry {
        case .file: break
        case .folder: enter(path, parent: text, grandparent: parent, found)
        case .special(let what): unreadable.append(BadFile(file: path, reason: "it is \(what), not a file"))
        }
      } catch {
        if remembers { visits[visitNumber].add(nil, name.bytes) }
        let isLink = error.number == ENOENT || error.number == ENOTDIR
        unreadable.append(BadFile(file: path, reason: isLink ? "it is a link that leads nowhere" : "opening: \(error)"))
      }
    }
  }

  /// Whether the folder was not visited before.
  private mutating func visit(_ status: stat) -> Bool {
    visited.insert(FolderID(device: UInt(status.st_dev), number: UInt(status.st_ino))).inserted
  }

  // MARK: - The system

  /// The names in a folder that are not hidden, in byte order, the last one first.
  private static func names(in folder: String) throws(SystemError) -> [Name] {
    var names: [Name] = []
    for (name, kind) in try Folder.entries(in: folder) where name.first != UInt8(ascii: ".") {
      names.append(Name(bytes: name, entry: kind == DT_REG ? .file : kind == DT_DIR ? .folder : nil))
    }
    names.sort { $1.bytes.lexicographicallyPrecedes($0.bytes) }
    return names
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
