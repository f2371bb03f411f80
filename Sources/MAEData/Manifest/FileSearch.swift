import Foundation
import MAEFoundation
import MAEMedia

/// Finds the files that paths name: themselves, what lies below folders, and what lists name.
///
/// There is one listing: files are put where the manifest will have them while folders are walked, and stay there.
final class FileSearch: @unchecked Sendable {
  // One thread makes it, and another one takes it over when it is made.

  /// A path that was given: what lies below it is kept together for the next search.
  private struct Place {
    var path: String
    var files: Range<Int>
    var visits: Range<Int>
  }

  /// All that were found, in the order of the manifest; of those not known in ``classes`` the kind is yet to be set.
  private(set) var files: [ManifestFile] = []
  /// What each file is; nil where it has to be looked at.
  private(set) var classes: [FileClass?] = []
  /// How lists were read.
  private(set) var notes: [String] = []
  private var tree: FileTree
  private var places: [Place] = []
  private let cache: String?
  /// At which folders of numbered stills are videos; nil = they are stills.
  private let frameRate: Double?
  /// What changed later may change again unseen; nanoseconds since 1970.
  private let newest: Int
  private let count: SearchCount

  var unreadable: [BadFile] { tree.unreadable }
  private(set) var unlisted: [BadFile] = []

  /// Finds what `paths` name, without the folders at `excluded`; a file that `classify` takes for no media may be a list.
  ///
  /// - Parameters:
  ///   - frameRate: at which folders of numbered stills are videos; nil = they are stills.
  ///   - cache: a folder with what earlier searches know, which is used where stills are stills; see ``KeptFolders``.
  ///   - start: when the search begins, in nanoseconds since 1970.
  ///
  /// - Throws: ``DataError`` when a path or a line of a list names nothing.
  init(
    _ paths: [String], excluding excluded: [String], frameRate: Double? = nil, cache: String?, start: Int, count: SearchCount,
    classify: (String) -> FileClass
  ) throws(DataError) {
    tree = FileTree(excluding: excluded + [cache].compactMap(\.self), count: count)
    self.frameRate = frameRate
    self.cache = frameRate == nil ? cache : nil
    newest = start - 2_000_000_000
    self.count = count
    if let missing = paths.first(where: { FileTree.entry(at: $0) == nil }) {
      throw DataError(.missing, path: missing, "no such file or folder")
    }
    for path in paths {
      Progress.current?.advance(at: path)
      let full = path.absolutePath
      let (firstFile, firstVisit) = (files.count, tree.visits.count)
      tree.kept = self.cache.flatMap { KeptFolders(of: full, in: $0) }
      switch FileTree.entry(at: path) {
      case .folder:
        if FileTree.entry(at: "\(full)/meta/info.json") == .file {
          throw DataError(
            .unusable, path: path,
            "it is a LeRobot data set, whose actions lie in parquet files; turn it into episodes first: python3 samples/lerobot.py "
              + "\(path) EPISODES")
        }
        try add(below: full)
      case .file:
        if !MediaProbe.isNamedLikeMedia(full), classify(full) == .notMedia,
          try addList(full, named: path, isOnlyPath: paths.count == 1)
        {
          break
        }
        count.addFile()
        add(ManifestFile(path: full, kind: .still))
      case .special(let what):
        throw DataError(.unusable, path: path, "it is \(what), neither a file nor a folder; give a folder with media files")
      case nil: throw DataError(.missing, path: path, "no such file or folder")
      }
      places.append(Place(path: full, files: firstFile..<files.count, visits: firstVisit..<tree.visits.count))
    }
    tree.kept = nil
    unlisted = tree.unlisted + unlisted
  }

  /// - Returns: The number of the file.
  @discardableResult
  private func add(_ file: ManifestFile, _ found: FileClass? = nil) -> Int {
    files.append(file)
    classes.append(found)
    return files.count - 1
  }

  /// Adds what lies below a folder.
  ///
  /// - Parameter entry: The line of a list that names it.
  private func add(below folder: String, for entry: FileList.Entry? = nil) throws(DataError) {
    let (label, span, numbers) = (entry?.label, entry?.span, entry?.further ?? [:])
    let first = files.count
    /// The places of folders of frames among the files.
    var folders: [String: Int] = [:]
    func take(_ file: FileTree.File) -> Int? {
      let isAsked = frameRate != nil || span != nil
      let number = isAsked && FrameFolder.isFrame(file.path) ? FrameFolder.number(file.path) : nil
      guard let frameRate, let number else {
        if let span { guard let number, span.holds(frame: number) else { return nil } }
        return add(
          ManifestFile(
            path: file.path, kind: .still, label: label ?? file.parent, numbers: numbers, version: file.known?.version),
          file.known?.kind)
      }
      let place = Folder.parent(of: file.path)
      if folders[place] == nil {
        folders[place] = add(
          ManifestFile(
            path: place, kind: .video, label: label ?? file.grandparent, span: span.map { .init(start: 0, count: $0.count) },
            numbers: numbers, frameRate: frameRate), .video)
      }
      // A part begins behind the frames with lower numbers.
      if let span, number < span.start { files[folders[place]!].span?.start += 1 }
      return nil
    }
    guard span != nil else { return tree.walk(folder, remembers: cache != nil, take) }
    // Several lines may name parts of one folder, so they are no visits.
    var part = FileTree(count: count)
    part.walk(folder, take)
    unlisted += part.unlisted
    if let entry, let span, files.count == first, part.unlisted.isEmpty {
      throw DataError(
        .unusable, "line \(entry.line): \(folder) holds no picture with a number from \(span.start) on at the end of its name")
    }
  }

  // MARK: - What files are

  /// Takes in what looking at files told, by their numbers.
  func learn(_ numbers: [Int], _ found: [(kind: FileClass, version: FileVersion?)]) {
    for (number, found) in zip(numbers, found) { (classes[number], files[number].version) = (found.kind, found.version) }
  }

  /// What is worth keeping of the places where looking at files told something new.
  func news(_ looked: [Int]) -> [(place: String, bytes: [UInt8])] {
    places.compactMap { place in
      let visits = tree.visits[place.visits]
      let isNew =
        visits.contains { !$0.isKept && $0.stamp.isOlder(than: newest) }
        || looked.contains { place.files.contains($0) && keepable($0) != nil }
      guard isNew, !visits.isEmpty else { return nil }
      let settled = visits.lazy.filter { [newest] in $0.stamp.isOlder(than: newest) }
      return (place.path, KeptFolders.bytes(of: place.path, folders: settled, files: files, known: keepable))
    }
  }

  private func keepable(_ number: Int) -> KeptFolders.Known? {
    guard let kind = classes[number], let version = files[number].version, version.changed < newest else { return nil }
    switch kind {
    case .bad: return nil
    case .notMedia where MediaProbe.isNamedLikeMedia(files[number].path): return nil
    case .notMedia, .still, .video: return KeptFolders.Known(kind: kind, version: version)
    }
  }

  /// Hands over the files that are stills or videos, in their order, and the others with what they are; none stay.
  func takeFiles(_ other: (_ path: String, FileClass) -> Void) -> [ManifestFile] {
    var taken = 0
    for number in files.indices {
      switch classes[number] {
      case .still: (files[number].kind, files[number].span) = (.still, nil)
      case .video: files[number].kind = .video
      case let kind:
        if let kind { other(files[number].path, kind) }
        continue
      }
      if taken < number { files.swapAt(taken, number) }
      taken += 1
    }
    files.removeSubrange(taken...)
    defer { (files, classes) = ([], []) }
    return files
  }

  // MARK: - Lists

  private static let listExtensions: Set<String> = ["txt", "csv", "tsv", "json", "jsonl", "list", "lst"]

  /// Adds what a list names; false when the file is no list.
  private func addList(_ file: String, named name: String, isOnlyPath: Bool) throws(DataError) -> Bool {
    guard let content = try Self.text(of: file) else { return false }
    if let other = Self.otherKind(content.text) {
      throw DataError(.unusable, path: name, "it is \(other), not a list; name the video files themselves, or write one per line")
    }
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
    let isUTF8 = !content.text.holdsBytes
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
      let how = list.form + (encoding.map { " in \($0)" } ?? (isUTF8 ? "" : ", not UTF-8"))
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
      case .folder:
        do throws(DataError) { try add(below: entry.path, for: entry) } catch {
          throw DataError(error.kind, path: name, error.reason)
        }
      case .file:
        count.addFile()
        add(ManifestFile(path: entry.path, kind: .still, label: entry.label, span: entry.span, numbers: entry.further))
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
      var count = 0
      tree.walk(path) { _ in
        count += 1
        return nil
      }
      return count
    }
    switch try? MediaProbe.kind(of: path) {
    case .video: return try? VideoReader(path: path).info.frameCount
    case .still: return 1
    default: return nil
    }
  }
}
