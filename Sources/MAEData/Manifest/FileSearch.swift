import Foundation
import MAEFoundation
import MAEMedia

/// Finds the files that paths name: themselves, what lies below folders, and what lists name.
struct FileSearch: Sendable {
  struct Candidate: Sendable {
    var path: String
    var label: String?
    var span: ManifestFile.FrameSpan?
    var numbers: [String: Double] = [:]
    /// Of a folder of frames.
    var frameRate: Double?
  }

  private(set) var candidates: [Candidate] = []
  /// How lists were read.
  private(set) var notes: [String] = []
  private var tree: FileTree
  /// At which folders of numbered stills are videos; nil = they are stills.
  private let frameRate: Double?

  var unreadable: [BadFile] { tree.unreadable }
  var unlisted: [BadFile] { tree.unlisted }

  /// Finds what `paths` name, without the folders at `excluded`; a file that `classify` takes for no media may be a list.
  ///
  /// - Parameter frameRate: at which folders of numbered stills are videos; nil = they are stills.
  ///
  /// - Throws: ``DataError`` when a path or a line of a list names nothing.
  init(
    _ paths: [String], excluding excluded: [String], frameRate: Double? = nil, classify: (String) -> FileClass
  ) throws(DataError) {
    tree = FileTree(excluding: excluded)
    self.frameRate = frameRate
    if let missing = paths.first(where: { FileTree.entry(at: $0) == nil }) {
      throw DataError(.missing, path: missing, "no such file or folder")
    }
    for path in paths {
      Progress.current?.advance(at: path)
      let full = path.absolutePath
      switch FileTree.entry(at: path) {
      case .folder:
        if FileTree.entry(at: "\(full)/meta/info.json") == .file {
          throw DataError(
            .unusable, path: path,
            "it is a LeRobot data set, whose actions lie in parquet files; turn it into episodes first: python3 samples/lerobot.py "
              + "\(path) EPISODES")
        }
        add(below: full)
      case .file:
        if !MediaProbe.isNamedLikeMedia(full), classify(full) == .notMedia,
          try addList(full, named: path, isOnlyPath: paths.count == 1)
        {
          continue
        }
        candidates.append(Candidate(path: full))
      case .special(let what):
        throw DataError(.unusable, path: path, "it is \(what), neither a file nor a folder; give a folder with media files")
      case nil: throw DataError(.missing, path: path, "no such file or folder")
      }
    }
  }

  private mutating func add(below folder: String, label: String? = nil) {
    var folders: Set<String> = []
    for file in tree.files(below: folder) {
      guard let frameRate, FrameFolder.isFrame(file.path) else {
        candidates.append(Candidate(path: file.path, label: label ?? file.parent))
        continue
      }
      let place = Folder.parent(of: file.path)
      guard folders.insert(place).inserted else { continue }
      candidates.append(Candidate(path: place, label: label ?? file.grandparent, frameRate: frameRate))
    }
  }

  // MARK: - Lists

  private static let listExtensions: Set<String> = ["txt", "csv", "tsv", "json", "jsonl", "list", "lst"]

  /// Adds what a list names; false when the file is no list.
  private mutating func addList(_ file: String, named name: String, isOnlyPath: Bool) throws(DataError) -> Bool {
    guard let content = try Self.text(of: file) else { return false }
    if let other = Self.otherKind(content.text) {
      throw DataError(.unusable, path: name, "it is \(other), not a list; name the video files themselves, or write one per line")
    }
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
    var list: FileList
    do throws(DataError) {
      list = try FileList(content.text, relativeTo: folder) { FileTree.entry(at: $0) != nil }
      try list.settleColumns(Self.frameCount)
    } catch {
      guard isOnlyPath || Self.listExtensions.contains(name.fileExtension) else { return false }
      throw DataError(error.kind, path: name, error.reason)
    }
    guard isOnlyPath || !list.entries.isEmpty || Self.listExtensions.contains(name.fileExtension) else { return false }
    let encoding = content.encoding ?? (list.isWindows1252 ? "Windows-1252" : nil)
    if let miss = list.misses.first {
      let column = miss.column.map { ", column \($0)" } ?? ""
      let others = list.misses.count > 1 ? ", and \(list.misses.count - 1) more like it" : ""
      let how = list.form + (encoding.map { " in \($0)" } ?? (content.text.holdsBytes ? ", not UTF-8" : ""))
      throw DataError(
        .missing, path: name,
        """
        line \(miss.line)\(column): no such file: \(miss.text.prefix(200))\(others) (read as \(how); paths are relative to the \
        list's folder)
        """)
    }
    notes.append("\(name): \(counted(list.entries.count, "entry")) from \(list.form)\(encoding.map { ", in \($0)" } ?? "")")
    for entry in list.entries {
      Progress.current?.advance(at: entry.path)
      switch FileTree.entry(at: entry.path) {
      case .folder: add(below: entry.path, label: entry.label)
      case .file:
        candidates.append(Candidate(path: entry.path, label: entry.label, span: entry.span, numbers: entry.further))
      case .special(let what): throw DataError(.unusable, path: name, "line \(entry.line): \(entry.path) is \(what), no file")
      case nil: throw DataError(.missing, path: name, "line \(entry.line): no such file: \(entry.path)")
      }
    }
    return true
  }

  /// The content of a text file; nil for anything else, of which only the beginning is read.
  private static func text(of path: String) throws(DataError) -> ListText? {
    do throws(SystemError) {
      var file = try PatientFile(path: path)
      guard ListText(try file.read(1 << 16)) != nil else { return nil }
      return ListText(try file.read(file.size))
    } catch {
      throw DataError(.inputOutput, path: path, "cannot be read: \(error)")
    }
  }

  /// What names files in a form of its own.
  private static func otherKind(_ text: String) -> String? {
    let start = text.drop { $0.isWhitespace || $0 == "\u{feff}" }.prefix(40)
    if start.hasPrefix("#EXTM3U") { return "a playlist (M3U)" }
    if start.hasPrefix("[playlist]") { return "a playlist (PLS)" }
    if start.hasPrefix("ffconcat version") || start.hasPrefix("file '") { return "a script that joins files" }
    if start.hasPrefix("<") { return "XML or a web page, such as an editor's project file or a playlist" }
    return nil
  }

  /// Frames of a file, or files below a folder; nil where it cannot be opened.
  private static func frameCount(_ path: String) -> Int? {
    Progress.current?.advance(at: path)
    if FileTree.entry(at: path) == .folder {
      var tree = FileTree()
      return tree.files(below: path).count
    }
    switch try? MediaProbe.kind(of: path) {
    case .video: return try? VideoReader(path: path).info.frameCount
    case .still: return 1
    default: return nil
    }
  }
}
