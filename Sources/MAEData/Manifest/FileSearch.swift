import Foundation
import MAEFoundation
import MAEMedia

/// Finds the files that paths name: themselves, what lies below folders, what lists name, and the members of shards.
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
  /// Labels beside samples that are none, by what their names end in.
  private(set) var ignored: [String: Int] = [:]
  /// Those that were found, in whole or in part.
  private(set) var shards: [Manifest.Shard] = []
  /// Lists among the paths.
  private(set) var lists: [String] = []
  private var noted: Set<String> = []
  /// How lists were read.
  private var listNotes: [String] = []
  /// What is odd about shards, and where.
  private var remarks: [(text: String, path: String)] = []
  private var refusedMembers: [BadFile] = []
  private var tree: FileTree
  private var places: [Place] = []
  private let cache: String?
  /// At which folders of numbered stills are videos; nil = they are stills, but for folders with rewards beside them.
  private let frameRate: Double?
  /// What changed later may change again unseen; nanoseconds since 1970.
  private let newest: Int
  private let count: SearchCount

  private(set) var unlisted: [BadFile] = []
  var unreadable: [BadFile] { tree.unreadable + refusedMembers }

  /// How lists were read, and what is odd about shards, once for all of them.
  var notes: [String] {
    var seen: Set<String> = []
    return listNotes
      + remarks.filter { seen.insert($0.text).inserted }.map { text, path in
        let others = remarks.count { $0.text == text } - 1
        return "\(path): \(text)" + (others > 0 ? " (and \(others) more like it)" : "")
      }
  }

  /// Finds what `paths` name, without the folders at `excluded`; a file that `classify` takes for no media may be a list.
  ///
  /// - Parameters:
  ///   - frameRate: at which folders of numbered stills are videos; nil = they are stills, but for folders with rewards beside
  ///     them.
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
            "it is a LeRobot data set, whose actions lie in parquet files; turn it into episodes first: python3 "
              + "samples/lerobot.py \(path) EPISODES")
        }
        try add(below: full)
      case .file:
        if Shards.isCompressed(full) { throw DataError(.unusable, path: path, Shards.compressed) }
        if Shards.isShard(full) {
          addShard(full)
          break
        }
        if !MediaProbe.isNamedLikeMedia(full), classify(full) == .notMedia,
          try addList(full, named: path, isOnlyPath: paths.count == 1)
        {
          break
        }
        addFile(ManifestFile(path: full, kind: .still))
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
    /// Frames of the part that the line names, by folder.
    var held: [String: Int] = [:]
    /// Of folders of numbered stills, where they are videos.
    var rates: [String: Double?] = [:]
    func rate(of place: String) -> Double? {
      if let known = rates[place] { return known }
      let rate = frameRate ?? (span == nil && EpisodeNumbers.standBeside(folder: place) ? FrameFolder.episodeRate : nil)
      rates[place] = .some(rate)
      return rate
    }
    func take(_ file: FileTree.File) -> Int? {
      if span == nil, Shards.isShard(file.path) {
        addShard(file.path, label: label, orElse: file.parent)
        return nil
      }
      if span == nil, Shards.isCompressed(file.path) {
        remarks.append((Shards.compressed, file.path))
        return nil
      }
      let (place, isFrame) = (Folder.parent(of: file.path), FrameFolder.isFrame(file.path))
      let frameRate = isFrame ? rate(of: place) : nil
      let number = isFrame && (frameRate != nil || span != nil) ? FrameFolder.number(file.path) : nil
      if let span, let number, span.holds(frame: number) { held[place, default: 0] += 1 }
      guard let frameRate, let number else {
        if let span { guard let number, span.holds(frame: number) else { return nil } }
        return add(
          ManifestFile(
            path: file.path, kind: .still, label: label ?? file.parent, numbers: numbers, version: file.known?.version),
          file.known?.kind)
      }
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
    if let count = span?.count {
      for (place, found) in held.sorted(by: { $0.key < $1.key }) where found < count {
        remarks.append(("holds fewer frames than its line in the list says; those that are there are taken", place))
      }
    }
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

  // MARK: - Shards

  /// Adds the members of a shard.
  ///
  /// - Parameters:
  ///   - label: Of all of them; nil = that beside each, else its folder in the shard, else `other`.
  private func addShard(_ path: String, label: String? = nil, orElse other: String? = nil) {
    Progress.current?.advance(at: path)
    do throws(SystemError) {
      var file = try PatientFile(path: path)
      let index = try Shards.index(of: &file)
      var labels = ShardLabels(index)
      var found: [ManifestFile] = []
      for member in index.members where !ShardLabels.isLabel(member.name) {
        var own = label
        if own == nil { own = try labels.label(of: member.name, in: &file) }
        let folder = member.name.split(separator: "/").dropLast().last.map(String.init)
        found.append(ManifestFile(path: "\(path):\(member.name)", kind: .still, label: own ?? folder ?? other))
      }
      for member in found {
        count.addFile()
        add(member)
      }
      note(path)
      for (ending, count) in labels.unused { ignored[ending, default: 0] += count }
      for remark in index.remarks { remarks.append((remark, path)) }
      for refusal in index.refusals {
        if MediaProbe.isNamedLikeMedia(refusal.name) {
          refusedMembers.append(BadFile(file: "\(path):\(refusal.name)", reason: refusal.reason))
        } else {
          ignored[refusal.name.fileExtension, default: 0] += 1
        }
      }
      if let damage = index.damage { unlisted.append(BadFile(file: path, reason: damage)) }
    } catch {
      unlisted.append(BadFile(file: path, reason: "cannot be read: \(error)"))
    }
  }

  /// Adds a file that is named itself, or a single member of a shard.
  private func addFile(_ file: ManifestFile) {
    count.addFile()
    add(file)
    if let shard = Shards.parts(of: file.path)?.shard { note(shard) }
  }

  /// Keeps what tells whether a shard has changed.
  private func note(_ shard: String) {
    guard noted.insert(shard).inserted, let file = try? PatientFile(path: shard) else { return }
    shards.append(Manifest.Shard(path: shard, version: file.version))
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
    lists.append(file)
    listNotes.append("\(name): \(counted(list.entries.count, "entry")) from \(list.form)\(encoding.map { ", in \($0)" } ?? "")")
    for entry in list.entries {
      Progress.current?.advance(at: entry.path)
      switch FileTree.entry(at: entry.path) {
      case .folder:
        do throws(DataError) { try add(below: entry.path, for: entry) } catch {
          throw DataError(error.kind, path: name, error.reason)
        }
      case .file where Shards.isCompressed(entry.path):
        throw DataError(.unusable, path: name, "line \(entry.line): \(entry.path): \(Shards.compressed)")
      case .file where Shards.isShard(entry.path):
        guard entry.span == nil else {
          throw DataError(.unusable, path: name, "line \(entry.line): a shard has no frames of its own; name it without numbers")
        }
        addShard(entry.path, label: entry.label)
      case .file:
        addFile(ManifestFile(path: entry.path, kind: .still, label: entry.label, span: entry.span, numbers: entry.further))
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
