import CFFmpeg
import MAECore

extension VideoInfo {
  init(
    _ index: FrameIndex, _ format: ContainerFormat, _ stream: UnsafePointer<AVStream>, firstFrame: UnsafePointer<AVFrame>,
    _ orientation: Orientation
  ) {
    let stored = unsafe FrameSize(width: Int(firstFrame.pointee.width), height: Int(firstFrame.pointee.height))
    size = orientation.size(of: stored)
    container = format.name
    codec = unsafe String(cString: avcodec_get_name(stream.pointee.codecpar.pointee.codec_id))
    let layout = unsafe av_get_pix_fmt_name(AVPixelFormat(firstFrame.pointee.format))
    pixelFormat = unsafe layout.map { unsafe String(cString: $0) } ?? "unknown"
    rotation = orientation.degrees
    frameCount = index.frameCount
    duration = index.duration
    frameRate = Self.rate(index)
    keyFrameCount = index.keyFrames.count
    var aspect = unsafe stream.pointee.sample_aspect_ratio.seconds
    if aspect <= 0 { aspect = unsafe firstFrame.pointee.sample_aspect_ratio.seconds }
    pixelAspect = aspect <= 0 ? 1 : orientation.isTransposed ? 1 / aspect : aspect
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
