import MAECore
import MAEMedia

/// The sample of a file that nothing random goes into: the clip in its middle, or from a time on, and its largest centred window.
///
/// A still given where a clip is wanted stands still for all its frames; of a video given where a still is wanted, one frame is
/// taken.
public struct FixedSample: Sendable {
  public let kind: ManifestFile.Kind
  public let clip: Clip
  /// Numbers of the frames in their video; zeros for a still.
  public let frames: [FrameNumber]
  /// The window that was cut out, in pixels of the upright source.
  public let crop: PixelRect
  /// Size of the upright source, in pixels.
  public let sourceSize: FrameSize

  /// Reads the sample of the file at `path`.
  ///
  /// - Parameters:
  ///   - start: Where the clip begins, in seconds from the first shown frame; nil for the clip in the middle.
  ///   - span: The part of a video whose middle is meant; nil for all of it.
  ///   - window: What is cut out of a source of some size; the largest centred window unless given.
  ///   - timeLimit: How long opening the file, and then reading the sample, may take.
  ///   - allowsTruncated: Takes what there is of a still whose end is missing.
  /// - Throws: ``DataError``: `missing` when there is no such file, `usage` when it ends before `start`, `unusable` when it
  ///   is no media, cannot be decoded, or takes longer than `timeLimit`.
  public init(
    path: String, request: SampleRequest, start: Double? = nil, span: ManifestFile.FrameSpan? = nil,
    window: ((FrameSize) -> PixelRect)? = nil, timeLimit: Duration? = .seconds(60), allowsTruncated: Bool = false
  ) throws(DataError) {
    switch try media({ () throws(MediaError) in try MediaProbe.kind(of: path) }) {
    case .notMedia:
      throw DataError(.unusable, path: path, "neither a video nor a picture")
    case .still:
      let still = try media { () throws(MediaError) in
        try DecodedStill(path: path, timeLimit: timeLimit, allowsTruncated: allowsTruncated)
      }
      try self.init(still, request, window)
    case .video:
      let options = VideoReader.Options(channels: request.channels, timeLimit: timeLimit)
      let reader = try media { () throws(MediaError) in try VideoReader(path: path, options: options) }
      try self.init(reader, request, start, span, window)
    }
  }

  private init(
    _ still: DecodedStill, _ request: SampleRequest, _ window: ((FrameSize) -> PixelRect)?
  ) throws(DataError) {
    kind = .still
    sourceSize = still.size
    let window = window?(still.size) ?? CentreCrop.window(in: still.size, for: request.size)
    crop = window
    let picture = try media { () throws(MediaError) in
      try still.read(channels: request.channels, crop: window, size: request.size, filter: request.crop.filter)
    }
    let count = request.sampling.frameCount
    frames = Array(repeating: FrameNumber(0), count: count)
    clip = Clip(
      size: request.size, channels: request.channels, times: Array(repeating: 0, count: count),
      pixels: Array(repeatElement(picture.pixels, count: count).joined()))
  }

  private init(
    _ reader: VideoReader, _ request: SampleRequest, _ start: Double?, _ span: ManifestFile.FrameSpan?,
    _ window: ((FrameSize) -> PixelRect)?
  ) throws(DataError) {
    let info = reader.info
    if let start, !(0..<max(info.duration, .ulpOfOne)).contains(start) {
      throw DataError(
        .usage, path: reader.path, "there is no frame at \(start) seconds; the video lasts \(info.duration) seconds")
    }
    kind = .video
    sourceSize = info.size
    let window =
      window?(info.size) ?? CentreCrop.window(in: info.size, for: request.windowShape(pixelAspect: info.pixelAspect))
    let sampler = ClipSampler(request.sampling)
    let chosen: [FrameNumber]
    do throws(ClipTooShort) {
      if let start {
        chosen = try sampler.frames(from: reader.frameNumber(at: start), in: info.frameCount, frameRate: info.frameRate)
      } else {
        let part = span?.clamped(to: info.frameCount) ?? 0..<info.frameCount
        chosen = try sampler.centre(in: part.count, frameRate: info.frameRate).map { FrameNumber($0.value + part.lowerBound) }
      }
    } catch {
      throw DataError(.unusable, path: reader.path, error.description)
    }
    frames = chosen
    crop = window
    clip = try media { () throws(MediaError) in
      try reader.clip(at: chosen, crop: window, size: request.size, filter: request.crop.filter)
    }
  }
}

/// Says what a reader could not do as an error of the data side.
private func media<Value>(_ read: () throws(MediaError) -> Value) throws(DataError) -> Value {
  do { return try read() } catch { throw DataError(error.kind, path: error.path, error.withoutPath) }
}
