import CFFmpeg
import MAECore
import MAEFoundation

/// Writes a video, by default an mp4 that plays everywhere: H.264, 4:2:0, the index in front.
public final class VideoWriter {
  /// How a video is encoded.
  public struct Options: Sendable {
    /// FFmpeg's name of an encoder; nil: H.264 where FFmpeg has an encoder for it, else MPEG-4.
    public var codec: String?
    /// FFmpeg's name of a pixel layout.
    public var pixelFormat: String
    /// Options of the encoder by FFmpeg's names, e.g. `["g": "12", "bf": "2"]`.
    public var encoderOptions: [String: String]

    /// The container's usual codec with 4:2:0 chroma unless told otherwise.
    public init(codec: String? = nil, pixelFormat: String = "yuv420p", encoderOptions: [String: String] = [:]) {
      self.codec = codec
      self.pixelFormat = pixelFormat
      self.encoderOptions = encoderOptions
    }
  }

  /// Encoders of mp4, the first that is there is taken.
  static let usualCodecs = ["libx264", "libopenh264", "mpeg4"]

  /// Where the video appears once it is finished.
  public let path: String
  /// Of every frame, in pixels.
  public let size: FrameSize
  private let coded: FrameSize
  private let encoder: Encoder
  private let muxer: Muxer
  private var file: AtomicFile?
  private let packet = PacketHandle()
  private var count: Int64 = 0

  /// Begins a file, which appears when it is finished; its container follows from the ending of its name.
  ///
  /// Odd sizes are padded to even ones by repeating the last row and column, as 4:2:0 needs.
  ///
  /// - Throws: ``FileError`` when the file cannot be created, ``MediaError`` when the encoder does not take the size or the
  ///   options.
  public init(path: String, size: FrameSize, frameRate: Double, options: Options = .init()) throws {
    self.path = path
    self.size = size
    coded = FrameSize(width: (size.width + 1) & ~1, height: (size.height + 1) & ~1)
    guard let codec = options.codec ?? Encoder.firstAvailable(Self.usualCodecs) else {
      throw MediaError(code: .noEncoder, path: path, doing: "opening the encoder")
    }
    let file = try AtomicFile(path: path)
    muxer = try Muxer(path, writingTo: file.temporaryPath)
    self.file = consume file
    var encoderOptions = codec == "libx264" ? ["crf": "18", "preset": "medium"] : [:]
    if codec == "mpeg4" { encoderOptions = ["b": "4000000"] }
    encoderOptions.merge(options.encoderOptions) { $1 }
    let rate = av_d2q(frameRate, 100_000)
    encoder = try Encoder(
      path,
      .init(
        codec: codec, size: coded, frameRate: rate, pixelFormat: options.pixelFormat, options: encoderOptions,
        hasGlobalHeader: muxer.wantsGlobalHeader))
    try muxer.start(encoder)
  }

  /// Adds a picture of ``size``; each is shown for 1 / frame rate seconds.
  ///
  /// - Precondition: the picture has the writer's size.
  public func append(_ image: Image) throws(MediaError) {
    precondition(image.size == size, "VideoWriter: picture of \(image.size) in a video of \(size)")
    try encoder.send(padded(image), time: count)
    count += 1
    try writePackets()
  }

  /// Completes the file and puts it in its place. Without it there is none.
  ///
  /// - Throws: ``MediaError`` or ``FileError`` when it cannot be written; what was at ``path`` before is then untouched.
  public func finish() throws {
    encoder.finish()
    try writePackets()
    try muxer.finish()
    try file.take()?.commit()
  }

  private func writePackets() throws(MediaError) {
    while try encoder.receive(into: packet) { try muxer.write(packet, from: encoder) }
  }

  private func padded(_ image: Image) -> Image {
    guard coded != size else { return image }
    let channels = image.channels.count
    var pixels: [UInt8] = []
    pixels.reserveCapacity(coded.pixelCount * channels)
    for y in 0..<coded.height {
      let start = image.offset(x: 0, y: min(y, size.height - 1))
      let end = start + size.width * channels
      pixels += image.pixels[start..<end]
      if coded.width > size.width { pixels += image.pixels[end - channels..<end] }
    }
    return Image(size: coded, channels: image.channels, pixels: pixels)
  }
}
