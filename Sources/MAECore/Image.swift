/// A still picture: bytes in rows from the top, pixels from the left, channels interleaved; `[height, width, channels]`.
public struct Image: Hashable, Sendable {
  /// In pixels.
  public let size: FrameSize
  /// What a pixel holds.
  public let channels: PixelChannels
  /// Bytes `[height, width, channels]`.
  public var pixels: [UInt8]

  /// - Precondition: `pixels` holds `height × width × channels` bytes.
  public init(size: FrameSize, channels: PixelChannels = .rgb, pixels: [UInt8]) {
    precondition(
      pixels.count == size.pixelCount * channels.count,
      "Image: \(pixels.count) bytes for \(size) with \(channels.count) channels")
    self.size = size
    self.channels = channels
    self.pixels = pixels
  }

  /// A picture of one colour.
  public init(size: FrameSize, filledWith colour: [UInt8]) {
    let channels = PixelChannels(rawValue: colour.count) ?? .rgb
    var pixels = [UInt8]()
    pixels.reserveCapacity(size.pixelCount * channels.count)
    for _ in 0..<size.pixelCount { pixels.append(contentsOf: colour.prefix(channels.count)) }
    self.init(size: size, channels: channels, pixels: pixels)
  }

  /// Where the pixel at column `x`, row `y` starts in `pixels`.
  public func offset(x: Int, y: Int) -> Int { (y * size.width + x) * channels.count }
}
