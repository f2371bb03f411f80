import MAECore
import MAEMedia

/// The sample of a file that nothing random goes into: the clip in its middle, or from a time on, and its largest centred window.
///
/// A still given where a clip is wanted stands still for all its frames; of a video given where a still is wanted, one frame is
/// taken.
public struct FixedSample: Sendable {
  /// Of the file.
  public let kind: ManifestFile.Kind
  /// Its pixels, cropped and resized.
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
  ///   - timeLimit: How long nothing may get on before the file is given up.
  ///   - allowsTruncated: Takes what there is of a still whose end is missing.
  ///   - isCancelled: Asked a few times a second; waiting ends when it says so.
  /// - Throws: ``DataError``: `missing` when there is no such file, `usage` when it ends before `start`, `unusable` when it
  ///   is no media, cannot be decoded, or is given up; `interrupted` when waiting is cancelled.
  public init(
    path: String, request: SampleRequest, start: Double? = nil, span: ManifestFile.FrameSpan? = nil,
    window: (@Sendable (FrameSize) -> PixelRect)? = nil, timeLimit: Duration? = .seconds(60), allowsTruncated: Bool = false,
    isCancelled: () -> Bool = { false }
  ) throws(DataError) {
    self = try WatchedReads<Result<FixedSample, DataError>>(
      of: [path], threads: 1, limit: timeLimit, givenUp: { .failure(DataError($0)) },
      read: { _ in
        Result { () throws(DataError) in
          try FixedSample(
            reading: path, request: request, start: start, span: span, window: window, timeLimit: timeLimit,
            allowsTruncated: allowsTruncated)
        }
      }
    ).values(isCancelled: isCancelled)[0].get()
  }

  /// As the other initializer, on this thread, which a read that does not return holds for ever.
  package init(
    reading path: String, request: SampleRequest, start: Double? = nil, span: ManifestFile.FrameSpan? = nil,
    window: ((FrameSize) -> PixelRect)? = nil, timeLimit: Duration?, allowsTruncated: Bool = false
  ) throws(DataError) {
    let file = try media { () throws(MediaError) in
      try MediaFile.open(
        path, VideoReader.Options(channels: request.channels, timeLimit: timeLimit), allowsTruncated: allowsTruncated)
    }
    var chosen: SampleWindow
    switch file {
    case .still:
      kind = .still
      chosen = SampleWindow(
        frames: Array(repeating: FrameNumber(0), count: request.sampling.frameCount),
        crop: CentreCrop.window(in: file.size, for: request.size), isFlipped: false)
    case .video(let reader):
      kind = .video
      let info = reader.info
      if let start, !(0..<max(info.duration, .ulpOfOne)).contains(start) {
        throw DataError(.usage, path: path, "there is no frame at \(start) seconds; the video lasts \(info.duration) seconds")
      }
      do throws(ClipTooShort) {
        chosen = try SampleDraw.fixed(start: start.map { reader.frameNumber(at: $0) }).window(
          for: request, of: info.size, pixelAspect: info.pixelAspect, frames: info.frameCount, frameRate: info.frameRate,
          span: span)
      } catch {
        throw DataError(.unusable, path: path, error.description)
      }
    }
    if let window { chosen.crop = window(file.size) }
    let part = chosen
    clip = try media { () throws(MediaError) in try file.clip(part, for: request) }
    (frames, crop, sourceSize) = (part.frames, part.crop, file.size)
  }
}

/// Says what a reader could not do as an error of the data side.
private func media<Value>(_ read: () throws(MediaError) -> Value) throws(DataError) -> Value {
  do { return try read() } catch { throw DataError(error) }
}

extension DataError {
  /// What a reader could not do.
  package init(_ error: MediaError) { self.init(error.kind, path: error.path, error.withoutPath) }
}
