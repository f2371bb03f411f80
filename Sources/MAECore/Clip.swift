/// The position of a frame in presentation order, starting at 0.
public struct FrameNumber: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  /// The number, from 0.
  public var value: Int
  /// The frame of a number.
  public init(_ value: Int) { self.value = value }
  /// By number.
  public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
  /// The number alone.
  public var description: String { String(value) }
}

/// Frames of one size with their times: bytes `[frames, height, width, channels]`.
public struct Clip: Hashable, Sendable {
  /// Of every frame.
  public let size: FrameSize
  /// Of every frame.
  public let channels: PixelChannels
  /// When each frame is shown, in seconds from the first shown frame of its file.
  public let times: [Double]
  /// Bytes `[frames, height, width, channels]`.
  public var pixels: [UInt8]
  /// A plain vector beside the pictures, at the last frame; nil where none was asked for.
  public var vector: [Float]?

  /// - Precondition: `pixels` holds `frames × height × width × channels` bytes.
  public init(size: FrameSize, channels: PixelChannels = .rgb, times: [Double], pixels: [UInt8]) {
    precondition(
      pixels.count == times.count * size.pixelCount * channels.count,
      "Clip: \(pixels.count) bytes for \(times.count) frames of \(size) with \(channels.count) channels")
    self.size = size
    self.channels = channels
    self.times = times
    self.pixels = pixels
  }

  /// A clip of one frame.
  public init(_ image: Image) {
    self.init(size: image.size, channels: image.channels, times: [0], pixels: image.pixels)
  }

  /// As many as there are times.
  public var frameCount: Int { times.count }
  /// `height · width · channels`
  public var bytesPerFrame: Int { size.pixelCount * channels.count }

  /// One frame as a picture.
  public func frame(_ index: Int) -> Image {
    Image(size: size, channels: channels, pixels: Array(pixels[index * bytesPerFrame..<(index + 1) * bytesPerFrame]))
  }
}
