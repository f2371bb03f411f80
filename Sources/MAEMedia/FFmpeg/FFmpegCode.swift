import CFFmpeg

/// A result code of FFmpeg, or one of this module's own reasons; unknown values survive.
public struct FFmpegCode: RawRepresentable, Hashable, Sendable {
  /// As FFmpeg returns it, negative.
  public var rawValue: Int32
  /// Any code, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }
  init(_ rawValue: Int32) { self.rawValue = rawValue }

  /// Nothing more to come (`AVERROR_EOF`).
  public static let end = Self(mae_error_end)
  /// `AVERROR_INVALIDDATA`
  public static let invalidData = Self(mae_error_invalid_data)
  /// `AVERROR(ENOMEM)`
  public static let outOfMemory = Self(mae_error_no_memory)
  /// `AVERROR_DECODER_NOT_FOUND`
  public static let noDecoder = Self(mae_error_no_decoder)
  /// `AVERROR_ENCODER_NOT_FOUND`
  public static let noEncoder = Self(mae_error_no_encoder)
  /// `AVERROR_STREAM_NOT_FOUND`
  public static let noStream = Self(mae_error_no_stream)
  /// `AVERROR_DEMUXER_NOT_FOUND`
  public static let unknownFormat = Self(mae_error_no_demuxer)
  /// `AVERROR_EXIT`
  public static let interrupted = Self(mae_error_exit)

  /// FFmpeg's own words, e.g. "Invalid data found when processing input".
  public var text: String {
    var characters = [CChar](repeating: 0, count: 128)
    let size = characters.count
    let result = unsafe characters.withUnsafeMutableBufferPointer { unsafe av_strerror(rawValue, $0.baseAddress, size) }
    guard result == 0 else { return "code \(rawValue)" }
    return String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// What the whole library needs once per process, before anything of it is used.
enum FFmpegLibrary {
  /// FFmpeg prints to standard error unless told otherwise, and believes a file that wants gigabytes.
  static let prepared: Void = {
    Complaints.listen()
    av_max_alloc(1 << 29)
  }()

  /// The most pixels a frame of a video may have (8K UHD has 33.2 million). A file that claims more is refused before memory is
  /// taken for it.
  static let videoPixelLimit = 1 << 25
}
