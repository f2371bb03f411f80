/// A media file that could not be used, as a line of `bad_files.jsonl`.
public struct BadFile: Hashable, Sendable {
  /// Its path.
  public var file: String
  /// Seconds from the first shown frame to the frame that failed; nil when the file failed as a whole.
  public var frameTime: Double?
  /// One phrase.
  public var reason: String

  /// A file with the reason against it.
  public init(file: String, frameTime: Double? = nil, reason: String) {
    self.file = file
    self.frameTime = frameTime
    self.reason = reason
  }
}

extension BadFile: Codable {
  private enum CodingKeys: String, CodingKey {
    case file, reason
    case frameTime = "frame_time"
  }

  /// Writes `frame_time` also when it is unknown, so that every line has the same keys.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(file, forKey: .file)
    try container.encode(frameTime, forKey: .frameTime)
    try container.encode(reason, forKey: .reason)
  }
}
