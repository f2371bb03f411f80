/// Width and height of a picture, in pixels.
public struct FrameSize: Hashable, Codable, Sendable, CustomStringConvertible {
  /// In pixels.
  public var width: Int
  /// In pixels.
  public var height: Int

  /// A size in pixels.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// As wide as high.
  public init(square side: Int) { self.init(width: side, height: side) }

  /// `width · height`
  public var pixelCount: Int { width * height }
  /// Whether it is as wide as high.
  public var isSquare: Bool { width == height }
  /// The lesser of width and height.
  public var shorterSide: Int { min(width, height) }
  /// `width×height`
  public var description: String { "\(width)×\(height)" }
}

/// A window inside a picture, in pixels from the upper left corner.
public struct PixelRect: Hashable, Codable, Sendable {
  /// Pixels left of it.
  public var x: Int
  /// Pixels above it.
  public var y: Int
  /// In pixels.
  public var width: Int
  /// In pixels.
  public var height: Int

  /// A window by its upper left corner and its size, in pixels.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The whole of a picture of `size`.
  public init(whole size: FrameSize) { self.init(x: 0, y: 0, width: size.width, height: size.height) }

  /// Width and height.
  public var size: FrameSize { FrameSize(width: width, height: height) }

  /// Whether the window is not empty and lies inside a picture of `size`.
  public func fits(in size: FrameSize) -> Bool {
    x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= size.width && y + height <= size.height
  }
}

/// How many values a pixel has; the order is that of the name.
public enum PixelChannels: Int, Hashable, Codable, Sendable, CaseIterable {
  case grey = 1
  case rgb = 3
  case rgba = 4

  /// Bytes of a pixel.
  public var count: Int { rawValue }
}

/// How pixels between pixels are found when a picture is resized.
public enum ResizeFilter: String, Hashable, Codable, Sendable, CaseIterable {
  /// Triangle filter, widened when shrinking (antialiased), as Pillow's `BILINEAR`.
  case bilinear
  /// Cubic with a = −0.5, widened when shrinking (antialiased), as Pillow's `BICUBIC`.
  case bicubic
}
