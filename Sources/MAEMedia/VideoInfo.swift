import MAECore

/// What a video file holds, as it is shown: upright, by presentation times, not by what its header claims.
public struct VideoInfo: Codable, Hashable, Sendable {
  /// Size of the frames after rotation, in pixels.
  public let size: FrameSize
  /// Frames that are shown.
  public let frameCount: Int
  /// Seconds from the first frame's appearance to the last one's end.
  public let duration: Double
  /// Mean frames per second.
  public let frameRate: Double
  /// FFmpeg's name of the codec, e.g. `h264`.
  public let codec: String
  /// FFmpeg's name of the container, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
  public let container: String
  /// FFmpeg's name of the layout of decoded pixels, e.g. `yuv420p`.
  public let pixelFormat: String
  /// How many degrees the stored picture is turned clockwise to be shown: 0, 90, 180 or 270.
  public let rotation: Int
  /// Packets at which decoding can start.
  public let keyFrameCount: Int
  /// Width of a pixel divided by its height, as shown; 1 when the file does not say.
  public let pixelAspect: Double

  /// The size at which frames have square pixels: stretched along one direction, never shrunk.
  public var shownSize: FrameSize {
    pixelAspect >= 1
      ? FrameSize(width: Int((Double(size.width) * pixelAspect).rounded()), height: size.height)
      : FrameSize(width: size.width, height: Int((Double(size.height) / pixelAspect).rounded()))
  }
}
