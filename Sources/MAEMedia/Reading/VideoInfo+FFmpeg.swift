import CFFmpeg
import MAECore

extension VideoInfo {
  init(
    _ index: FrameIndex, _ format: ContainerFormat, _ stream: UnsafePointer<AVStream>, _ properties: PictureProperties,
    _ orientation: Orientation
  ) {
    size = orientation.size(of: properties.size)
    container = format.name
    codec = unsafe String(cString: avcodec_get_name(stream.pointee.codecpar.pointee.codec_id))
    let layout = unsafe av_get_pix_fmt_name(AVPixelFormat(properties.pixelFormat))
    pixelFormat = unsafe layout.map { unsafe String(cString: $0) } ?? "unknown"
    rotation = orientation.degrees
    frameCount = index.frameCount
    duration = index.duration
    frameRate = Self.rate(index)
    keyFrameCount = index.keyFrames.count
    pixelAspect = properties.pixelAspect <= 0 ? 1 : orientation.isTransposed ? 1 / properties.pixelAspect : properties.pixelAspect
  }

  /// The same file with another index.
  func with(_ index: FrameIndex) -> VideoInfo {
    VideoInfo(
      size: size, frameCount: index.frameCount, duration: index.duration, frameRate: Self.rate(index), codec: codec,
      container: container, pixelFormat: pixelFormat, rotation: rotation, keyFrameCount: index.keyFrames.count,
      pixelAspect: pixelAspect)
  }

  private static func rate(_ index: FrameIndex) -> Double {
    index.duration > 0 ? Double(index.frameCount) / index.duration : 0
  }
}
