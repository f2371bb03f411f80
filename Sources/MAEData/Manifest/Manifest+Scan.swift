import Foundation
import MAEFoundation
import MAEMedia

/// What a look at the beginning of a file tells.
package enum FileClass: Hashable, Sendable {
  case notMedia, still, video
  /// Media that cannot even be looked at, and why.
  case bad(String)

  init(probing path: String) {
    do throws(MediaError) {
      switch try MediaProbe.kind(of: path) {
      case .notMedia: self = .notMedia
      case .still: self = .still
      case .video: self = .video
      }
    } catch {
      self = .bad(error.withoutPath)
    }
  }
}

extension Manifest {
  /// Finds the media named by `paths`: files, folders with everything below them, and lists of files.
  ///
  /// The content of a file decides what it is, not its name; only its beginning is read. Hidden files, links back into a folder
  /// and anything that is not a regular file are skipped. Files come in the order of `paths`, those of a folder in byte order of
  /// their names. A list has a file per line: `path`, `path label`, `path start total` or `path start total label`, separated by
  /// spaces, tabs, commas or semicolons, or JSON objects with these keys; paths are relative to the list's folder.
  ///
  /// - Parameters:
  ///   - excluded: Folders to leave out, such as the one that the run writes to.
  ///   - threads: Files that are looked at side by side.
  /// - Throws: ``DataError`` when a path or a line of a list names nothing (`missing`), or nothing found is media (`unusable`).
  public init(_ paths: [String], excluding excluded: [String] = [], threads: Int = 4) throws(DataError) {
    try self.init(paths: paths, excluding: excluded, threads: threads, classify: FileClass.init(probing:))
  }

  /// As the public initializer, with `classify` to look at a file.
  package init(
    paths: [String], excluding excluded: [String] = [], threads: Int, classify: @escaping @Sendable (String) -> FileClass
  ) throws(DataError) {
    try self.init(scanning: paths, excluding: excluded, threads: threads, classify: classify)
    guard !files.isEmpty else {
      let place = paths.count == 1 ? paths[0] : "\(paths.count) paths"
      throw DataError(.unusable, "\(place): no video or picture that can be used (\(leftOut)); give a folder with media files")
    }
  }

  /// As the public initializer, also when nothing that is found can be used.
  init(
    scanning paths: [String], excluding excluded: [String] = [], threads: Int = 4,
    classify: @escaping @Sendable (String) -> FileClass = FileClass.init(probing:)
  ) throws(DataError) {
    let candidates = try Self.candidates(paths, excluding: excluded, classify: classify)
    let classes = parallelMap(candidates.map(\.path), threads: threads, classify)
    self.init(files: [])
    for (candidate, found) in zip(candidates, classes) {
      switch found {
      case .notMedia:
        ignored.other += 1
      case .bad(let reason):
        bad.append(BadFile(file: candidate.path, reason: reason))
      case .still:
        files.append(ManifestFile(path: candidate.path, kind: .still, label: candidate.label))
      case .video:
        files.append(ManifestFile(path: candidate.path, kind: .video, label: candidate.label, span: candidate.span))
      }
    }
  }

  private var leftOut: String {
    guard bad.isEmpty else { return "\(bad.count) unreadable, first \(bad[0].file): \(bad[0].reason)" }
    return ignored.other == 0 ? "no files" : "\(ignored.other) other file\(ignored.other == 1 ? "" : "s")"
  }

  private struct Candidate {
    var path: String
    var label: String?
    var span: ManifestFile.FrameSpan?
  }

  private static func candidates(
    _ paths: [String], excluding excluded: [String], classify: (String) -> FileClass
  ) throws(DataError) -> [Candidate] {
    if let missing = paths.first(where: { FileTree.entry(at: $0) == nil }) {
      throw DataError(.missing, "\(missing): no such file or folder")
    }
    var tree = FileTree(excluding: excluded)
    var candidates: [Candidate] = []
    for path in paths {
      let full = absolute(path)
      switch FileTree.entry(at: path) {
      case .folder:
        candidates += tree.files(below: full).map { Candidate(path: $0.path, label: $0.parent) }
      case .file where classify(full) == .notMedia:
        candidates += try listed(in: full, named: path, isOnlyPath: paths.count == 1, &tree) ?? [Candidate(path: full)]
      case .file:
        candidates.append(Candidate(path: full))
      case .special, nil:
        throw DataError(.unusable, "\(path): neither a file nor a folder; give a folder with media files")
      }
    }
    return candidates
  }

  private static let listExtensions: Set<String> = ["txt", "csv", "tsv", "json", "jsonl", "list", "lst"]

  /// Files named by a list; nil when the file is no list.
  private static func listed(
    in file: String, named name: String, isOnlyPath: Bool, _ tree: inout FileTree
  ) throws(DataError) -> [Candidate]? {
    guard let text = text(of: file) else { return nil }
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
    let list = FileList(text, relativeTo: folder) { FileTree.entry(at: $0) != nil }
    let isMeantAsList =
      isOnlyPath || !list.entries.isEmpty || listExtensions.contains((name as NSString).pathExtension.lowercased())
    guard isMeantAsList else { return nil }
    if let miss = list.misses.first {
      let others = list.misses.count > 1 ? ", and \(list.misses.count - 1) more lines like it" : ""
      throw DataError(
        .missing,
        "\(name) line \(miss.line): no such file: \(miss.text.prefix(200))\(others) (paths are relative to the list's folder)")
    }
    var candidates: [Candidate] = []
    for entry in list.entries {
      switch FileTree.entry(at: entry.path) {
      case .folder:
        candidates += tree.files(below: entry.path).map { Candidate(path: $0.path, label: entry.label ?? $0.parent) }
      case .file: candidates.append(Candidate(path: entry.path, label: entry.label, span: entry.span))
      case .special, nil:
        throw DataError(.unusable, "\(name) line \(entry.line): neither a file nor a folder: \(entry.path)")
      }
    }
    return candidates
  }

  /// The content of a text file; nil for anything else, of which only the beginning is read.
  private static func text(of file: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: file), let beginning = try? handle.read(upToCount: 1 << 16),
      !beginning.contains(0), let rest = try? handle.readToEnd() ?? Data()
    else { return nil }
    return String(data: beginning + rest, encoding: .utf8)
  }

  /// The path from the root, without `.` and doubled slashes; `..` stays, since what it means depends on links.
  private static func absolute(_ path: String) -> String {
    let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    return "/" + full.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }
}
