import Foundation
import MAECluster
import MAECore
import MAEFoundation
import MAEMedia

/// What a set of media files holds, and which of them are no use. Never changes a file.
public struct DataSurvey: Codable, Hashable, Sendable {
  /// A file that can be read.
  public struct Entry: Codable, Hashable, Sendable {
    /// As found or listed.
    public var path: String
    /// `still` or `video`.
    public var kind: String
    /// Of a list, else the name of its folder.
    public var label: String?
    /// In pixels, upright.
    public var width: Int
    /// In pixels, upright.
    public var height: Int
    /// That are shown; 1 for stills.
    public var frames: Int
    /// Seconds; nil for stills.
    public var duration: Double?
    /// Frames per second; nil for stills.
    public var frameRate: Double?
    /// FFmpeg's name, of videos.
    public var codec: String?
    /// FFmpeg's name, of videos.
    public var container: String?
    /// FFmpeg's name, of videos.
    public var pixelFormat: String?
    /// Clockwise, in degrees.
    public var rotation: Int?
    /// Why the file has to be decoded from its start or was decoded once to find its frames; nil where its packets tell
    /// everything.
    public var irregularity: String?
    /// Of a deep survey, and of stills whose end is missing.
    public var grade: Grade?
    /// Of a deep survey: what the decoder complained about; nil for stills.
    public var condition: VideoCondition?
    /// Whether the end of a still is missing, which is taken all the same because that is allowed.
    public var isCut: Bool?
  }

  /// What a file is good for.
  public enum Grade: String, Codable, Hashable, Sendable {
    /// Nothing is wrong with it.
    case good
    /// It can be used, but its decoder complains.
    case damaged
    /// It cannot be used.
    case unusable
  }

  /// How closely files are looked at.
  public struct Options: Hashable, Sendable {
    /// Decodes every frame instead of only opening the files.
    public var isDeep = false
    /// Takes what there is of a still whose end is missing; else it is bad.
    public var allowsTruncated = false
    /// How long nothing may get on before a file counts as bad.
    public var timeLimit: Duration? = .seconds(60)
    /// Where frame indexes are kept for later runs.
    public var cacheFolder: String?
    /// Files that are looked at side by side.
    public var threads = ProcessInfo.processInfo.activeProcessorCount

    /// Headers only, with the machine's cores.
    public init() {}
  }

  /// A file that is no use.
  public struct Bad: Codable, Hashable, Sendable {
    /// As found or listed.
    public var path: String
    /// Seconds from the first shown frame, where one frame is to blame.
    public var frameTime: Double?
    /// One phrase.
    public var reason: String
    /// Always unusable.
    public var grade = Grade.unusable
  }

  /// In the order of the manifest.
  public var files: [Entry] = []
  /// In the order of the manifest.
  public var bad: [Bad] = []
  /// Folders and shards whose content could not be listed, or not all of it.
  public var unlisted: [Bad] = []
  /// Tar archives that files are members of.
  public var shards = 0
  /// Files that are not media.
  public var ignored = 0
  /// The same by what their names end in.
  public var ignoredKinds: [String: Int] = [:]
  /// How lists were read, and what is odd about shards.
  public var notes: [String] = []

  /// Opens every media file; a deep survey also decodes every frame.
  ///
  /// - Parameters:
  ///   - processes: that share the files; all find the same.
  ///   - searching: called now and then while files are searched for, before they are opened.
  ///   - progress: called now and then with the number of files that are done, and of all; of processes as if all were as far.
  /// - Throws: ``DataError`` when a path does not exist, there are no media at all, or the storage does not answer.
  public init(
    _ paths: [String], options: Options = Options(), processes: any Processes = SingleProcess(),
    searching: (SearchProgress) -> Void = { _ in }, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(DataError) {
    let manifest: Manifest
    let found: [Finding]
    do {
      manifest = try processes.decided {
        try Manifest(scanning: paths, timeLimit: options.timeLimit, progress: searching) {
          FileClass(probing: $0, timeLimit: options.timeLimit)
        }
      }
      let own = try processes.together { try Self.look(at: manifest.files, processes, options, progress) }
      found = Array(try processes.all(own).joined())
    } catch { throw DataError(shared: error) }
    (ignored, ignoredKinds, notes) = (manifest.ignored.other, manifest.ignored.others, manifest.notes)
    shards = manifest.shards.count
    bad = manifest.bad.map { Bad(path: $0.file, frameTime: $0.frameTime, reason: $0.reason) }
    unlisted = manifest.unlisted.map { Bad(path: $0.file, frameTime: nil, reason: $0.reason) }
    for finding in found {
      if let entry = finding.entry { files.append(entry) }
      if let failure = finding.bad { bad.append(failure) }
    }
    guard manifest.mediaCount + unlisted.count > 0 else {
      let place = paths.joined(separator: ", ")
      let note = manifest.notes.last.map { "; \($0)" } ?? ""
      throw DataError(.unusable, path: place, "no video or picture among \(counted(ignored, "file"))\(note)")
    }
  }

  /// Files that can be used but whose decoder complains, or whose end is missing.
  public var damaged: [Entry] { files.filter { $0.grade == .damaged } }
  /// Files that show one picture.
  public var stills: Int { files.count { $0.kind == ManifestFile.Kind.still.rawValue } }
  /// Files that show more than one.
  public var videos: Int { files.count - stills }
  /// Seconds of all videos.
  public var duration: Double { files.reduce(0) { $0 + ($1.duration ?? 0) } }
  /// Of all files.
  public var frames: Int { files.reduce(0) { $0 + $1.frames } }

  /// What became of a file: one of both.
  private struct Finding: Codable {
    var entry: Entry?
    var bad: Bad?
  }

  /// Looks at this process's part of some files.
  private static func look(
    at files: [ManifestFile], _ processes: any Processes, _ options: Options, _ progress: (Int, Int) -> Void
  ) throws(DataError) -> [Finding] {
    let part = Array(files[processes.part(of: files.count)])
    let outcomes = try WatchedReads<Result<Entry, MediaError>>(
      of: part.map(\.path), threads: options.threads, limit: options.timeLimit, givenUp: { .failure($0) },
      read: { index in Result { () throws(MediaError) in try look(at: part[index], options) } }
    ).values(progress: { done, count in progress(count == 0 ? 0 : done * files.count / count, files.count) })
    return zip(part, outcomes).map { file, outcome -> Finding in
      switch outcome {
      case .success(let entry): Finding(entry: entry)
      case .failure(let error):
        Finding(bad: Bad(path: file.path, frameTime: error.frameTime, reason: error.withoutPath))
      }
    }
  }

  private static func look(at file: ManifestFile, _ options: Options) throws(MediaError) -> Entry {
    if let frameRate = file.frameRate { return try look(at: file, ofRate: frameRate, options) }
    let reading = VideoReader.Options(timeLimit: options.timeLimit, cacheFolder: options.cacheFolder)
    switch try MediaFile.open(file.path, as: file.kind, reading, allowsTruncated: options.allowsTruncated) {
    case .still(let still):
      let size = still.size
      let isWhole = { (try? MediaFile.open(file.path, as: file.kind, reading, allowsTruncated: false)) != nil }
      let isCut = options.allowsTruncated && !isWhole()
      return Entry(
        path: file.path, kind: file.kind.rawValue, label: file.label, width: size.width, height: size.height, frames: 1,
        grade: isCut ? .damaged : options.isDeep ? .good : nil, isCut: isCut ? true : nil)
    case .episode(let episode, _):
      return Entry(
        path: file.path, kind: file.kind.rawValue, label: file.label, width: episode.size.width, height: episode.size.height,
        frames: episode.rows, grade: options.isDeep ? .good : nil)
    case .video(let reader):
      let info = reader.info
      if let span = file.span, span.clamped(to: info.frameCount).isEmpty {
        let isEmpty = span.count.map { $0 < 1 } ?? false
        throw MediaError(
          code: .invalidData, path: file.path, doing: "taking its part",
          reason: isEmpty
            ? "its part has \(span.count ?? 0) frames" : "its part begins at frame \(span.start) of \(info.frameCount)")
      }
      _ = try EpisodeNumbers.besideMedia(file.path, frames: info.frameCount)
      let condition = options.isDeep ? try reader.condition() : nil
      return Entry(
        path: file.path, kind: file.kind.rawValue, label: file.label, width: info.size.width, height: info.size.height,
        frames: info.frameCount, duration: info.duration, frameRate: info.frameRate, codec: info.codec,
        container: info.container, pixelFormat: info.pixelFormat, rotation: info.rotation,
        irregularity: reader.index.irregularity?.description, grade: condition.map { $0.isGood ? .good : .damaged },
        condition: condition)
    }
  }

  /// A folder of frames with rewards beside it.
  private static func look(at file: ManifestFile, ofRate rate: Double, _ options: Options) throws(MediaError) -> Entry {
    let folder = try FrameFolder(
      file.path, frameRate: rate, timeLimit: options.timeLimit, allowsTruncated: options.allowsTruncated)
    _ = try EpisodeNumbers.besideMedia(file.path, frames: folder.paths.count)
    if options.isDeep { try folder.decodeAll() }
    return Entry(
      path: file.path, kind: file.kind.rawValue, label: file.label, width: folder.size.width, height: folder.size.height,
      frames: folder.paths.count, grade: options.isDeep ? .good : nil)
  }

  /// The survey for people: totals, what occurs how often, and every bad file.
  public var text: String {
    var lines = [
      "videos     \(videos)" + (videos > 0 ? ", \(Self.time(duration)), \(frames - stills) frames" : ""),
      "stills     \(stills)", "bad        \(bad.count)",
      "ignored    \(ignored)" + (Manifest.Ignored(others: ignoredKinds).otherKinds.map { " (\($0))" } ?? ""),
    ]
    if shards > 0 { lines.append("shards     \(shards)") }
    lines += notes.map { "note       " + $0 }
    if !unlisted.isEmpty { lines.append("unlisted   \(unlisted.count)") }
    for (name, value) in [
      ("sizes", { "\($0.width)×\($0.height)" }), ("rates", { $0.frameRate.map { String(format: "%.4g", $0) } }),
      ("codecs", \.codec), ("containers", \.container), ("pixels", \.pixelFormat),
      ("irregular", \.irregularity), ("grades", \.grade?.rawValue),
    ] as [(String, (Entry) -> String?)] {
      let counts = Dictionary(grouping: files.compactMap(value)) { $0 }.mapValues(\.count)
      let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      guard !sorted.isEmpty else { continue }
      let shown = sorted.prefix(8).map { "\($0.key) ×\($0.value)" }.joined(separator: ", ")
      lines.append(name.padding(toLength: 11, withPad: " ", startingAt: 0) + shown + (sorted.count > 8 ? ", …" : ""))
    }
    for file in bad + unlisted {
      let place = file.frameTime.map { String(format: " at %.2f s", $0) } ?? ""
      lines.append("bad: \(file.path)\(place): \(file.reason)")
    }
    for file in damaged where file.isCut == true {
      lines.append("damaged: \(file.path): its end is missing; what there is of it is taken, and the rest is grey")
    }
    for file in damaged {
      guard let condition = file.condition else { continue }
      let place = condition.firstTime.map { String(format: " at %.2f s", $0) } ?? ""
      let complaints = "\(condition.complaints) complaint\(condition.complaints == 1 ? "" : "s")"
      lines.append("damaged: \(file.path): \(complaints) of the decoder, first\(place): \(condition.first ?? "")")
    }
    return (lines.joined(separator: "\n") + "\n").shownPath
  }

  private static func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
