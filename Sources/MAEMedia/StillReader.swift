import CFFmpeg
import MAECore

/// Reads still pictures in any format FFmpeg knows, upright (EXIF orientation applied).
public enum StillReader {
  /// Size of the upright picture.
  public static func size(path: String) throws(MediaError) -> FrameSize { try OpenedStill(path).size }

  /// Reads a picture, or the window `crop` of it, resized to `size` with antialiasing and mirrored when `isFlipped`.
  ///
  /// Of a file with several pictures the first is read.
  ///
  /// - Throws: ``MediaError`` when the file holds no decodable picture or the window lies outside it.
  public static func read(
    path: String, channels: PixelChannels = .rgb, crop: PixelRect? = nil, isFlipped: Bool = false, size: FrameSize? = nil,
    filter: ResizeFilter = .bicubic
  ) throws(MediaError) -> Image {
    let still = try OpenedStill(path)
    let crop = crop ?? PixelRect(whole: still.size)
    guard crop.fits(in: still.size) else {
      throw MediaError(
        code: FFmpegCode(-22), path: path, doing: "cropping",
        reason: "the window \(crop.x),\(crop.y) \(crop.size) lies outside its \(still.size) pixels")
    }
    let size = size ?? crop.size
    var canvas = Canvas(
      frames: [FrameNumber(0)], crop: crop, isFlipped: isFlipped, size: size, filter: filter, channels: channels)
    let view = unsafe try FrameConverter(path: path).convert(
      still.frame, still.orientation, size: still.size, crop: crop, channels: channels)
    unsafe canvas.paint(0, view, ResampleWorker())
    return Image(size: size, channels: channels, pixels: canvas.pixels)
  }
}

/// The first picture of a file, decoded.
@safe private struct OpenedStill: ~Copyable {
  let frame = FrameHandle()
  let orientation: Orientation
  let size: FrameSize

  init(_ path: String) throws(MediaError) {
    let deadline = Deadline(limit: nil)
    guard let (demuxer, stream) = try Demuxer.openVideo(path, deadline: deadline) else {
      throw MediaError(
        code: .unknownFormat, path: path, doing: "opening", reason: "no image or video format recognises its content")
    }
    guard let stream else {
      throw MediaError(code: .noStream, path: path, doing: "opening", reason: "it holds no picture")
    }
    let decoder = unsafe try Decoder(path, demuxer.stream(stream))
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
}
