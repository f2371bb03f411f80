import Foundation
import MAECore
import MAEFoundation
import MAEMedia

/// What a set of media files holds, and which of them are no use. Never changes a file.
public struct DataSurvey: Codable, Hashable, Sendable {
  public struct Entry: Codable, Hashable, Sendable {
    public var path: String
    public var kind: String
    public var label: String?
    public var width: Int
    public var height: Int
    public var frames: Int
    /// Seconds; nil for stills.
    public var duration: Double?
    /// Frames per second; nil for stills.
    public var frameRate: Double?
    public var codec: String?
    public var container: String?
    public var pixelFormat: String?
    /// Clockwise, in degrees.
    public var rotation: Int?
    /// Why the file has to be decoded from its start or was decoded once to find its frames; nil where its packets tell everything.
    public var irregularity: String?
    /// Of a deep survey: what the decoder complained about; nil for stills.
    public var condition: VideoCondition?
  }

  public struct Options: Hashable, Sendable {
    /// Decodes every frame instead of only opening the files.
    public var isDeep = false
    /// How long opening a file, or decoding a few hundred of its frames, may take before it counts as bad.
    public var timeLimit: Duration? = .seconds(60)
    /// Where frame indexes are kept for later runs.
    public var cacheFolder: String?
    /// Files that are looked at side by side.
    public var threads = ProcessInfo.processInfo.activeProcessorCount

    public init() {}
  }

  public struct Bad: Codable, Hashable, Sendable {
    public var path: String
    public var frameTime: Double?
    public var reason: String
  }

  public var files: [Entry] = []
  public var bad: [Bad] = []
  /// Files that are not media.
  public var ignored = 0

  /// Opens every media file; a deep survey also decodes every frame.
  ///
  /// - Throws: ``DataError`` when a path does not exist, or there are no media at all.
  public init(_ paths: [String], options: Options = Options()) throws(DataError) {
    let manifest = try Manifest(scanning: paths)
    ignored = manifest.ignored.other
    bad = manifest.bad.map { Bad(path: $0.file, frameTime: $0.frameTime, reason: $0.reason) }
    let outcomes = parallelMap(manifest.files, threads: options.threads) { file in
      Result { () throws(MediaError) in try Self.look(at: file, options) }
    }
    for (file, outcome) in zip(manifest.files, outcomes) {
      switch outcome {
      case .success(let entry): files.append(entry)
      case .failure(let error): bad.append(Bad(path: file.path, frameTime: error.frameTime, reason: error.withoutPath))
      }
    }
    guard manifest.mediaCount > 0 else {
      throw DataError(.unusable, "\(paths.joined(separator: ", ")): no video or picture among \(ignored) files")
    }
  }

  /// Files that can be used but whose decoder complains.
  public var damaged: [Entry] { files.filter { $0.condition?.isGood == false } }
  public var stills: Int { files.count { $0.kind == ManifestFile.Kind.still.rawValue } }
  public var videos: Int { files.count - stills }
  /// Seconds of all videos.
  public var duration: Double { files.reduce(0) { $0 + ($1.duration ?? 0) } }
  public var frames: Int { files.reduce(0) { $0 + $1.frames } }

  private static func look(at file: ManifestFile, _ options: Options) throws(MediaError) -> Entry {
    switch file.kind {
    case .still:
      let size = try DecodedStill(path: file.path, timeLimit: options.timeLimit).size
      return Entry(
        path: file.path, kind: file.kind.rawValue, label: file.label, width: size.width, height: size.height, frames: 1)
    case .video:
      let reader = try VideoReader(
        path: file.path, options: VideoReader.Options(timeLimit: options.timeLimit, cacheFolder: options.cacheFolder))
      let condition = options.isDeep ? try reader.condition() : nil
      let info = reader.info
      return Entry(
        path: file.path, kind: file.kind.rawValue, label: file.label, width: info.size.width, height: info.size.height,
        frames: info.frameCount, duration: info.duration, frameRate: info.frameRate, codec: info.codec,
        container: info.container, pixelFormat: info.pixelFormat, rotation: info.rotation,
        irregularity: reader.index.irregularity?.description,
        condition: condition)
    }
  }

  /// The survey for people: totals, what occurs how often, and every bad file.
  public var text: String {
    var lines = [
      "videos     \(videos)" + (videos > 0 ? ", \(Self.time(duration)), \(frames - stills) frames" : ""),
      "stills     \(stills)", "bad        \(bad.count)", "ignored    \(ignored)",
    ]
    for (name, value) in [
      ("sizes", { "\($0.width)×\($0.height)" }), ("rates", { $0.frameRate.map { String(format: "%.4g", $0) } }),
      ("codecs", \.codec), ("containers", \.container), ("pixels", \.pixelFormat),
      ("irregular", \.irregularity),
    ] as [(String, (Entry) -> String?)] {
      let counts = Dictionary(grouping: files.compactMap(value)) { $0 }.mapValues(\.count)
      let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      guard !sorted.isEmpty else { continue }
      let shown = sorted.prefix(8).map { "\($0.key) ×\($0.value)" }.joined(separator: ", ")
      lines.append(name.padding(toLength: 11, withPad: " ", startingAt: 0) + shown + (sorted.count > 8 ? ", …" : ""))
    }
    if !damaged.isEmpty { lines.append("damaged    \(damaged.count)") }
    for file in bad { lines.append("bad: \(file.path): \(file.reason)") }
    for file in damaged {
      guard let condition = file.condition else { continue }
      let place = condition.firstTime.map { String(format: " at %.2f s", $0) } ?? ""
      lines.append(
        "damaged: \(file.path): \(condition.complaints) complaint\(condition.complaints == 1 ? "" : "s") of the decoder, first\(place): "
          + (condition.first ?? ""))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
