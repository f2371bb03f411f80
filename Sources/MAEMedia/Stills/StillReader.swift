import MAECore

/// Reads still pictures in any format FFmpeg decodes, upright: turned as EXIF or the container says.
public enum StillReader {
  /// Size of the upright picture.
  public static func size(path: String) throws(MediaError) -> FrameSize { try DecodedStill(path: path).size }

  /// Reads a picture, or the window `crop` of it, resized to `size` with antialiasing and mirrored when `isFlipped`.
  ///
  /// Of a file with several pictures the first is read, of an icon the largest.
  ///
  /// - Throws: ``MediaError`` when the file holds no decodable picture, its end is missing, or the window lies outside it.
  public static func read(
    path: String, channels: PixelChannels = .rgb, crop: PixelRect? = nil, isFlipped: Bool = false, size: FrameSize? = nil,
    filter: ResizeFilter = .bicubic
  ) throws(MediaError) -> Image {
    try DecodedStill(path: path).read(channels: channels, crop: crop, isFlipped: isFlipped, size: size, filter: filter)
  }
}
