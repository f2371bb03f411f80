/// How much work a reader has done since it was opened.
public struct DecodeStatistics: Codable, Hashable, Sendable {
  /// Times decoding started anew at a key frame.
  public var seeks = 0
  /// Packets given to the decoder.
  public var packets = 0
  /// Frames the decoder worked out, those nobody asked for included.
  public var framesDecoded = 0
  /// Frames converted to RGB or grey.
  public var framesConverted = 0
  /// Frames handed out, repeats included.
  public var framesDelivered = 0

  /// Nothing done yet.
  public init() {}
}
