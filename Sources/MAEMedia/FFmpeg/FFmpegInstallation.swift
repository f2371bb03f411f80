import CFFmpeg

/// The FFmpeg that the program found, and what it can read and write.
public struct FFmpegInstallation: Codable, Hashable, Sendable {
  /// As FFmpeg calls itself, e.g. `5.1.6-0+deb12u1`.
  public var version: String
  /// Major versions of libavformat, libavcodec and libswscale: `59, 59, 6`.
  public var libraries: [Int]
  /// Formats with a decoder, of those that datasets come in.
  public var decoders: [String]
  /// Formats without one.
  public var missingDecoders: [String]
  /// The encoder of videos that is taken; nil where there is none.
  public var videoEncoder: String?
  /// Encoders of stills that are missing.
  public var missingEncoders: [String]

  private static let formats: [(name: String, codec: AVCodecID)] = [
    ("H.264", AV_CODEC_ID_H264), ("HEVC", AV_CODEC_ID_HEVC), ("VP8", AV_CODEC_ID_VP8), ("VP9", AV_CODEC_ID_VP9),
    ("AV1", AV_CODEC_ID_AV1), ("MPEG-4", AV_CODEC_ID_MPEG4), ("MPEG-2", AV_CODEC_ID_MPEG2VIDEO), ("JPEG", AV_CODEC_ID_MJPEG),
    ("PNG", AV_CODEC_ID_PNG), ("WebP", AV_CODEC_ID_WEBP), ("GIF", AV_CODEC_ID_GIF), ("TIFF", AV_CODEC_ID_TIFF),
    ("BMP", AV_CODEC_ID_BMP),
  ]

  /// What this process runs with.
  public init() {
    _ = FFmpegLibrary.prepared
    version = unsafe String(cString: av_version_info())
    libraries = [avformat_version(), avcodec_version(), swscale_version()].map { Int($0 >> 16) }
    let known = Self.formats.map { (name: $0.name, isThere: unsafe avcodec_find_decoder($0.codec) != nil) }
    decoders = known.filter(\.isThere).map(\.name)
    missingDecoders = known.filter { !$0.isThere }.map(\.name)
    videoEncoder = Encoder.firstAvailable(VideoWriter.usualCodecs)
    missingEncoders = ["png", "mjpeg"].filter { Encoder.firstAvailable([$0]) == nil }
  }
}
