import CFFmpeg
import MAECore

/// Reads still pictures in any format FFmpeg knows, upright (EXIF orientation applied).
public enum StillReader {
  /// Size of the upright picture.
  public static func size(path: String) throws(MediaError) -> FrameSize { try DecodedStill(path: path).size }

  /// Reads a picture, or the window `crop` of it, resized to `size` with antialiasing and mirrored when `isFlipped`.
  ///
  /// Of a file with several pictures the first is read.
  ///
  /// - Throws: ``MediaError`` when the file holds no decodable picture or the window lies outside it.
  public static func read(
    path: String, channels: PixelChannels = .rgb, crop: PixelRect? = nil, isFlipped: Bool = false, size: FrameSize? = nil,
    filter: ResizeFilter = .bicubic
  ) throws(MediaError) -> Image {
    try DecodedStill(path: path).read(channels: channels, crop: crop, isFlipped: isFlipped, size: size, filter: filter)
  }
}

/// The first picture of a file, decoded once, to read several windows from.
///
/// It belongs to one thread at a time.
@safe public final class DecodedStill {
  public let path: String
  /// Size of the upright picture.
  public let size: FrameSize

  private let frame = FrameHandle()
  private let orientation: Orientation
  private let converter: FrameConverter
  private let resampler = ResampleWorker()

  /// Decodes the picture.
  ///
  /// - Parameter timeLimit: How long that may take before the file is given up.
  /// - Throws: ``MediaError`` when the file holds no decodable picture.
  public init(path: String, timeLimit: Duration? = nil) throws(MediaError) {
    self.path = path
    converter = FrameConverter(path: path)
    let deadline = Deadline(limit: timeLimit)
    deadline.restart()
    guard let (demuxer, stream, _) = try Demuxer.openVideo(path, deadline: deadline) else {
      throw MediaError(
        code: .unknownFormat, path: path, doing: "opening", reason: "no image or video format recognises its content")
    }
    guard let stream else {
      throw MediaError(code: .noStream, path: path, doing: "opening", reason: "it holds no picture")
    }
    let decoder = unsafe try Decoder(
      path, demuxer.stream(stream), startsAnywhere: false, pixelLimit: FFmpegLibrary.stillPixelLimit)
    let packet = PacketHandle()
    var isDecoded = false
    while !isDecoded, try demuxer.read(into: packet, doing: "reading") {
      if unsafe packet.pointer.pointee.stream_index == Int32(stream) && packet.pointer.pointee.size > 0 {
        _ = unsafe decoder.send(packet.pointer, place: 0, skippingUnreferenced: false)
        isDecoded = decoder.receive(into: frame) == .frame
      }
      unsafe av_packet_unref(packet.pointer)
    }
    if !isDecoded {
      decoder.finish()
      isDecoded = decoder.receive(into: frame) == .frame
    }
    guard isDecoded else { throw MediaError(code: .invalidData, path: path, doing: "decoding its picture") }
    let matrix = unsafe mae_frame_display_matrix(frame.pointer) ?? mae_stream_display_matrix(demuxer.stream(stream))
    guard let orientation = unsafe Orientation(matrix: matrix) else {
      throw MediaError(
        code: .invalidData, path: path, doing: "opening", reason: "it is rotated by an angle that is no quarter turn")
    }
    self.orientation = orientation
    size = unsafe orientation.size(
      of: FrameSize(width: Int(frame.pointer.pointee.width), height: Int(frame.pointer.pointee.height)))
  }

  /// Reads the picture, or the window `crop` of it, resized to `size` with antialiasing and mirrored when `isFlipped`.
  ///
  /// - Throws: ``MediaError`` when the window lies outside the picture.
  public func read(
    channels: PixelChannels = .rgb, crop: PixelRect? = nil, isFlipped: Bool = false, size: FrameSize? = nil,
    filter: ResizeFilter = .bicubic
  ) throws(MediaError) -> Image {
    let crop = crop ?? PixelRect(whole: self.size)
    guard crop.fits(in: self.size) else {
      throw MediaError(
        code: FFmpegCode(-22), path: path, doing: "cropping",
        reason: "the window \(crop.x),\(crop.y) \(crop.size) lies outside its \(self.size) pixels")
    }
    let size = size ?? crop.size
    var canvas = Canvas(
      frames: [FrameNumber(0)], crop: crop, isFlipped: isFlipped, size: size, filter: filter, channels: channels)
    let view = unsafe try converter.convert(frame, orientation, size: self.size, crop: crop, channels: channels)
    unsafe canvas.paint(0, view, resampler)
    return Image(size: size, channels: channels, pixels: canvas.pixels)
  }
}
