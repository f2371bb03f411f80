import MAEFoundation

/// One video or still of a run.
public struct ManifestFile: Codable, Hashable, Sendable {
  /// What a file shows.
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    case video, still
  }

  /// Frames of a video that a list restricts its entry to.
  public struct FrameSpan: Codable, Hashable, Sendable {
    /// First frame, from 0.
    public var start: Int
    /// Frames from there on; nil for all up to the end.
    public var count: Int?

    /// Frames from a number on; nil means to the end.
    public init(start: Int, count: Int? = nil) {
      self.start = start
      self.count = count
    }

    /// The part of a video of `total` frames that this span leaves: empty when it begins behind the end.
    public func clamped(to total: Int) -> Range<Int> {
      let first = min(max(0, start), total)
      return first..<min(total, first + (count ?? total - first))
    }

    /// Whether a frame belongs to the span, by its number.
    func holds(frame number: Int) -> Bool { number >= start && count.map { number - start < $0 } ?? true }
  }

  /// What opening a file tells.
  public struct Details: Codable, Hashable, Sendable {
    /// Upright size in pixels.
    public var width: Int
    /// In pixels, upright.
    public var height: Int
    /// That are shown; 1 for stills.
    public var frames: Int
    /// Seconds; nil for stills.
    public var duration: Double?
    /// Whether it was changed in place since the search found it.
    public var isChanged: Bool

    /// What opening a file told.
    public init(width: Int, height: Int, frames: Int, duration: Double?, isChanged: Bool = false) {
      self.width = width
      self.height = height
      self.frames = frames
      self.duration = duration
      self.isChanged = isChanged
    }
  }

  /// As found or listed.
  public var path: String
  /// What it shows.
  public var kind: Kind
  /// From a list, or the name of the folder the file lies in below the folder that was given.
  public var label: String?
  /// The part that a list names; nil means all of it.
  public var span: FrameSpan?
  /// Numbers in further columns of a list, by their names.
  public var numbers: [String: Double]
  /// Frames per second of a folder of numbered stills that stands for a video; nil for files.
  public var frameRate: Double?
  /// Its size and time when a search looked at it; nil where none did.
  public var version: FileVersion?

  /// A file without label, all of it, unless told otherwise.
  public init(
    path: String, kind: Kind, label: String? = nil, span: FrameSpan? = nil, numbers: [String: Double] = [:],
    frameRate: Double? = nil, version: FileVersion? = nil
  ) {
    self.path = path
    self.kind = kind
    self.label = label
    self.span = span
    self.numbers = numbers
    self.frameRate = frameRate
    self.version = version
  }
}

/// A file of a manifest as a line of `manifest.jsonl`: `path`, `kind`, `label`, and `start`, `total` for a part of a video.
public struct ManifestLine: Encodable, Sendable {
  /// The file.
  public var file: ManifestFile

  /// A line for a file.
  public init(file: ManifestFile) { self.file = file }

  private enum CodingKeys: String, CodingKey { case path, kind, label, start, total }

  /// Path, kind, label, and the part where it is one.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(file.path, forKey: .path)
    try container.encode(file.kind, forKey: .kind)
    try container.encode(file.label, forKey: .label)
    if let span = file.span {
      try container.encode(span.start, forKey: .start)
      try container.encode(span.count ?? -1, forKey: .total)
    }
  }
}
