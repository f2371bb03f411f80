import CFFmpeg
import MAECore
import MAEFoundation

/// The picture of a file, decoded once, to read several windows from; of several pictures the first.
///
/// It belongs to one thread at a time.
@safe public final class DecodedStill {
  /// Of the file.
  public let path: String
  /// Size of the upright picture.
  public let size: FrameSize

  let frame = FrameHandle()
  /// Colours of its palette, where its file says how many there are.
  let paletteCount: Int?
  private let orientation: Orientation
  /// Size of the picture as it was decoded, upright: smaller than `size` where the decoder scaled it down.
  private let decodedSize: FrameSize
  private let converter: FrameConverter
  private let resampler = ResampleWorker()

  /// Decodes the picture.
  ///
  /// - Parameters:
  ///   - timeLimit: How long that may take before the file is given up.
  ///   - allowsTruncated: Takes what there is of a picture whose end is missing; the rest is grey.
  /// - Throws: ``MediaError`` when the file holds no decodable picture.
  public init(path: String, timeLimit: Duration? = nil, allowsTruncated: Bool = false) throws(MediaError) {
    self.path = path
    converter = FrameConverter(path: path)
    let deadline = Deadline(limit: timeLimit)
    deadline.restart()
    let loader = StillLoader(path: path, deadline: deadline, allowsTruncated: allowsTruncated)
    let (orientation, stored, paletteCount) = try loader.decode(into: frame)
    self.paletteCount = paletteCount
    self.orientation = orientation
    decodedSize = unsafe orientation.size(
      of: FrameSize(width: Int(frame.pointer.pointee.width), height: Int(frame.pointer.pointee.height)))
    size = stored.map(orientation.size(of:)) ?? decodedSize
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
        .usage, code: FFmpegCode(-22), path: path, doing: "cropping",
        reason: "the window \(crop.x),\(crop.y) \(crop.size) lies outside its \(self.size) pixels")
    }
    let size = size ?? crop.size
    let window = decodedSize == self.size ? crop : crop.scaled(from: self.size, to: decodedSize)
    var canvas = ClipCanvas(
      frames: [FrameNumber(0)], crop: window, isFlipped: isFlipped, size: size, filter: filter, channels: channels)
    let view = unsafe try converter.convert(frame, orientation, size: decodedSize, crop: window, channels: channels)
    unsafe canvas.paint(0, view, resampler)
    return Image(size: size, channels: channels, pixels: canvas.pixels)
  }
}

extension PixelRect {
  /// The pixels of a picture of `small` that show what this window shows of the same picture at `large`.
  package func scaled(from large: FrameSize, to small: FrameSize) -> PixelRect {
    let left = x * small.width / large.width
    let top = y * small.height / large.height
    let right = ((x + width) * small.width + large.width - 1) / large.width
    let bottom = ((y + height) * small.height + large.height - 1) / large.height
    return PixelRect(x: left, y: top, width: right - left, height: bottom - top)
  }
}
