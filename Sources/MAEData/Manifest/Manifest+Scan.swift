import Foundation
import MAEFoundation
import MAEMedia

/// What a look at the beginning of a file tells.
package enum FileClass: Hashable, Sendable {
  case notMedia, still, video
  /// Media that cannot even be looked at, and why.
  case bad(String)

  init(probing path: String, timeLimit: Duration?) {
    if Episode.isNamedLikeOne(path) {
      // Episodes are videos with more to them; archives of other arrays, features say, may lie anywhere.
      do throws(DataError) { self = try NumPyArchive.holdsPictures(path: path) ? .video : .notMedia } catch {
        self = .bad(error.reason)
      }
      return
    }
    do throws(MediaError) {
      switch try MediaProbe.kind(of: path, timeLimit: timeLimit) {
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
  /// Finds the media named by `paths`: files, folders with everything below them, shards, and lists of all these.
  ///
  /// The content of a file decides what it is, not its name; only its beginning is read. Hidden files and links back into a
  /// folder are skipped; what cannot be read is ``bad``, and so is a file that is named like a picture or video and holds none.
  /// Files come in the order of `paths`, those of a folder in byte order of their names. Lists are described at ``FileList``;
  /// ``notes`` say how each was read. A file `.tar` counts as a folder with its members, each named `train-000.tar:000123.jpg`;
  /// see ``Shard`` and ``ShardLabels``.
  ///
  /// - Parameters:
  ///   - excluded: Folders to leave out, such as the one that the run writes to.
  ///   - frameRate: Frames per second of folders of numbered stills, which are then videos, named by the folder around them; nil:
  ///     their files are stills, unless rewards stand beside the folder, which is an episode then.
  ///   - cache: A folder that keeps what is found for the next search, which then lists and looks at what has changed alone;
  ///     several processes may share it. Not used with a frame rate.
  ///   - threads: Files that are looked at side by side.
  ///   - timeLimit: How long nothing may get on before a file is bad, or the search ends with an error where a list or folder
  ///     cannot be read.
  ///   - progress: Called a few times a second.
  /// - Throws: ``DataError`` when a path or a line of a list names nothing (`missing`), nothing found is media (`unusable`), or
  ///   the storage does not answer (`inputOutput`).
  public init(
    _ paths: [String], excluding excluded: [String] = [], frameRate: Double? = nil, cache: String? = nil, threads: Int = 4,
    timeLimit: Duration? = .seconds(60), progress: (SearchProgress) -> Void = { _ in }
  ) throws(DataError) {
    try self.init(
      paths: paths, excluding: excluded, frameRate: frameRate, cache: cache, threads: threads, timeLimit: timeLimit,
      progress: progress
    ) { FileClass(probing: $0, timeLimit: timeLimit) }
  }

  /// As the public initializer, with `classify` to look at a file.
  ///
  /// - Parameter start: When the search begins; what changed within two seconds before is not kept.
  package init(
    paths: [String], excluding excluded: [String] = [], frameRate: Double? = nil, cache: String? = nil, start: Date = Date(),
    threads: Int, timeLimit: Duration? = nil, progress: (SearchProgress) -> Void = { _ in },
    classify: @escaping @Sendable (String) -> FileClass
  ) throws(DataError) {
    try self.init(
      scanning: paths, excluding: excluded, frameRate: frameRate, cache: cache, start: start, threads: threads,
      timeLimit: timeLimit, progress: progress, classify: classify)
    guard !files.isEmpty else {
      let place = paths.count == 1 ? paths[0] : "\(paths.count) paths"
      throw DataError(
        .unusable, path: place, "no video or picture that can be used (\(leftOut)); give a folder with media files")
    }
  }

  /// As the public initializer, also when nothing that is found can be used.
  init(
    scanning paths: [String], excluding excluded: [String] = [], frameRate: Double? = nil, cache: String? = nil,
    start: Date = Date(), threads: Int = 4, timeLimit: Duration?, progress: (SearchProgress) -> Void = { _ in },
    classify: @escaping @Sendable (String) -> FileClass
  ) throws(DataError) {
    let count = SearchCount()
    let search = try WatchedReads<Result<FileSearch, DataError>>(
      of: [paths.first ?? ""], threads: 1, limit: timeLimit,
      givenUp: { .failure(DataError(.inputOutput, path: $0.path, $0.withoutPath)) },
      read: { _ in
        Result { () throws(DataError) in
          try FileSearch(
            paths, excluding: excluded, frameRate: frameRate, cache: cache, start: Int(start.timeIntervalSince1970 * 1e9),
            count: count, classify: classify)
        }
      }
    ).values(progress: { _, _ in progress(count.progress()) })[0].get()
    let unknown = search.classes.indices.filter { search.classes[$0] == nil }
    let unknownPaths = unknown.map { search.files[$0].path }
    let known = search.files.count - unknown.count
    let found = try WatchedReads<(kind: FileClass, version: FileVersion?)>(
      of: unknownPaths, threads: threads, limit: timeLimit, givenUp: { (.bad($0.withoutPath), nil) },
      read: { number in
        // Of before the look: what changes meanwhile is another version.
        let version = FileVersion(of: unknownPaths[number])
        return (classify(unknownPaths[number]), version)
      }
    ).values(progress: { done, _ in progress(count.progress(lookedAt: known + done)) })
    search.learn(unknown, found)
    if let cache {
      let news = search.news(unknown)
      // A cache on a disk that does not answer stops nobody.
      _ = try? WatchedReads<Bool>(
        of: news.map(\.place), threads: 1, limit: timeLimit, givenUp: { _ in false },
        read: { number in
          KeptFolders.store(news[number].bytes, of: news[number].place, in: cache)
          return true
        }
      ).values()
    }
    self.init(files: [], bad: search.unreadable)
    (unlisted, notes, shards, lists) = (search.unlisted, search.notes, search.shards, search.lists)
    ignored.others = search.ignored
    files = search.takeFiles { path, found in
      switch found {
      case .bad(let reason): bad.append(BadFile(file: path, reason: reason))
      case .notMedia:
        if let reason = WrongContent.reason(path) {
          bad.append(BadFile(file: path, reason: reason))
        } else {
          ignored.others[path.fileExtension, default: 0] += 1
        }
      case .still, .video: preconditionFailure("Manifest: \(path) was left out")
      }
    }
  }

  private var leftOut: String {
    if let first = bad.first { return "\(bad.count) unreadable, first \(first.file): \(first.reason)" }
    if let first = unlisted.first { return "\(first.file): \(first.reason)" }
    var note = notes.last.map { "; \($0)" } ?? ""
    if ignored.others["npz"] != nil { note += "; .npz without an array [rows, height, width, 3] of uint8 for a camera" }
    return (ignored.other == 0 ? "no files" : counted(ignored.other, "other file")) + note
  }
}
