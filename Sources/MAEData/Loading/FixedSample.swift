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
  ///   - frameRate: Frames per second of a folder of frames; nil for those of an episode, which are counted.
  ///   - window: What is cut out of a source of some size; the largest centred window unless given.
  ///   - timeLimit: How long nothing may get on before the file is given up.
  ///   - allowsTruncated: Takes what there is of a still whose end is missing.
  ///   - isCancelled: Asked a few times a second; waiting ends when it says so.
  /// - Throws: ``DataError``: `missing` when there is no such file, `usage` when it ends before `start`, `unusable` when it
  ///   is no media, cannot be decoded, or is given up; `interrupted` when waiting is cancelled.
  public init(
    path: String, request: SampleRequest, start: Double? = nil, span: ManifestFile.FrameSpan? = nil, frameRate: Double? = nil,
    window: (@Sendable (FrameSize) -> PixelRect)? = nil, timeLimit: Duration? = .seconds(60), allowsTruncated: Bool = false,
    isCancelled: () -> Bool = { false }
  ) throws(DataError) {
    self = try WatchedReads<Result<FixedSample, DataError>>(
      of: [path], threads: 1, limit: timeLimit, givenUp: { .failure(DataError($0)) },
      read: { _ in
        Result { () throws(DataError) in
          try FixedSample(
            reading: path, request: request, start: start, span: span, frameRate: frameRate, window: window, timeLimit: timeLimit,
            allowsTruncated: allowsTruncated)
        }
      }
    ).values(isCancelled: isCancelled)[0].get()
  }

  /// As the other initializer, on this thread, which a read that does not return holds for ever.
  package init(
    reading path: String, request: SampleRequest, start: Double? = nil, span: ManifestFile.FrameSpan? = nil,
    frameRate: Double? = nil,
    window: ((FrameSize) -> PixelRect)? = nil, timeLimit: Duration?, allowsTruncated: Bool = false
  ) throws(DataError) {
    let isFolder = FileTree.entry(at: path) == .folder
    if isFolder || Episode.isNamedLikeOne(path), start != nil {
      throw DataError(.usage, path: path, "an episode has no times, nor has a folder of frames; leave --start out for its middle")
    }
    if isFolder {
      let file = ManifestFile(path: path, kind: .video, frameRate: frameRate ?? FrameFolder.episodeRate)
      let opened = try Self.open(file, request, timeLimit, allowsTruncated)
      try self.init(opened, opened.part(path, request, nil, span), request, window)
      return
    }
    let file = try Self.open(path, request, timeLimit, allowsTruncated)
    var first: FrameNumber?
    if let start, case .video(let reader) = file {
      guard (0..<max(reader.info.duration, .ulpOfOne)).contains(start) else {
        throw DataError(
          .usage, path: path, "there is no frame at \(start) seconds; the video lasts \(reader.info.duration) seconds")
      }
      first = reader.frameNumber(at: start)
    }
    let opened = OpenedSample(file, path)
    try self.init(opened, opened.part(path, request, first, span), request, window)
  }

  /// Several clips of a video, from its beginning to its end, as far apart as that allows; one where all would be the same,
  /// and of a still. The only one is the clip in the middle.
  ///
  /// Other parameters and errors are those of the initializer; read on this thread, which a read that does not return holds for
  /// ever.
  package static func spread(
    _ count: Int, of file: ManifestFile, request: SampleRequest, window: ((FrameSize) -> PixelRect)? = nil,
    timeLimit: Duration? = .seconds(60), allowsTruncated: Bool = false
  ) throws(DataError) -> [FixedSample] {
    let (path, span) = (file.path, file.span)
    let opened = try open(file, request, timeLimit, allowsTruncated)
    let middle = try opened.part(path, request, nil, span)
    var parts = [middle]
    if count > 1, let video = opened.video {
      // The clip in the middle has as many frames before it as behind it.
      let first = (span?.clamped(to: video.frames) ?? 0..<video.frames).lowerBound
      let room = 2 * (middle.frames[0].value - first)
      let starts = Set((0..<count).map { first + room * $0 / (count - 1) }).sorted()
      if starts.count > 1 {
        parts = []
        for start in starts { parts.append(try opened.part(path, request, FrameNumber(start), span)) }
      }
    }
    var samples: [FixedSample] = []
    for part in parts { samples.append(try FixedSample(opened, part, request, window)) }
    return samples
  }

  /// Windows of a file that are chosen by its size and the number of its frames, one for a still; of a part of a video frames are
  /// counted from its beginning.
  ///
  /// Other parameters and errors are those of the initializer; read on this thread, which a read that does not return holds for
  /// ever.
  package static func windows(
    of file: ManifestFile, request: SampleRequest, timeLimit: Duration? = .seconds(60), allowsTruncated: Bool = false,
    _ choose: (_ size: FrameSize, _ frames: Int) -> [SampleWindow]
  ) throws(DataError) -> [FixedSample] {
    let opened = try open(file, request, timeLimit, allowsTruncated)
    let total = opened.video?.frames ?? 1
    let shown = file.span?.clamped(to: total) ?? 0..<total
    guard !shown.isEmpty else {
      throw DataError(.unusable, path: file.path, ClipTooShort(frames: shown.count, needed: 1).description)
    }
    var samples: [FixedSample] = []
    for var window in choose(opened.size, shown.count) {
      for index in window.frames.indices { window.frames[index].value += shown.lowerBound }
      samples.append(try FixedSample(opened, window, request, nil))
    }
    return samples
  }

  private init(
    _ file: OpenedSample, _ part: SampleWindow, _ request: SampleRequest, _ window: ((FrameSize) -> PixelRect)?
  ) throws(DataError) {
    var part = part
    if let window { part.crop = window(file.size) }
    let chosen = part
    if let views = request.views, !file.isEpisode { throw .singleCamera(file.path, views) }
    if let vector = request.vector, !file.isEpisode { throw .noVector(file.path, vector) }
    kind = file.video == nil ? .still : .video
    clip = try media { () throws(MediaError) in try file.clip(chosen, request) }
    (frames, crop, sourceSize) = (chosen.frames, chosen.crop, file.size)
  }

  private static func open(
    _ file: ManifestFile, _ request: SampleRequest, _ timeLimit: Duration?, _ allowsTruncated: Bool
  ) throws(DataError) -> OpenedSample {
    guard let frameRate = file.frameRate else {
      return OpenedSample(try open(file.path, request, timeLimit, allowsTruncated), file.path)
    }
    let folder = try media { () throws(MediaError) in
      try FrameFolder(file.path, frameRate: frameRate, timeLimit: timeLimit, allowsTruncated: allowsTruncated)
    }
    return OpenedSample(folder, file.path)
  }

  private static func open(
    _ path: String, _ request: SampleRequest, _ timeLimit: Duration?, _ allowsTruncated: Bool
  ) throws(DataError) -> MediaFile {
    try media { () throws(MediaError) in
      try MediaFile.open(
        path, VideoReader.Options(channels: request.channels, timeLimit: timeLimit), allowsTruncated: allowsTruncated,
        vector: request.vector)
    }
  }
}

/// What samples are cut out of: a file, or a folder of frames.
private struct OpenedSample {
  let size: FrameSize
  let path: String
  /// Whether it can have several cameras, and vectors.
  let isEpisode: Bool
  /// nil for a still.
  let video: (frames: Int, frameRate: Double, pixelAspect: Double)?
  let clip: (SampleWindow, SampleRequest) throws(MediaError) -> Clip

  init(_ file: MediaFile, _ path: String) {
    (self.path, size) = (path, file.size)
    if case .episode = file { isEpisode = true } else { isEpisode = false }
    if case .video(let reader) = file {
      video = (reader.info.frameCount, reader.info.frameRate, reader.info.pixelAspect)
    } else if case .episode(let episode, _) = file {
      video = (episode.rows, 0, 1)
    } else {
      video = nil
    }
    clip = { (window, request) throws(MediaError) in try file.clip(window, for: request) }
  }

  init(_ folder: FrameFolder, _ path: String) {
    (self.path, size, isEpisode) = (path, folder.size, false)
    video = (folder.paths.count, folder.frameRate, 1)
    clip = { (window, request) throws(MediaError) in try folder.clip(window, for: request) }
  }

  /// - Parameter start: nil = the clip in the middle.
  func part(
    _ path: String, _ request: SampleRequest, _ start: FrameNumber?, _ span: ManifestFile.FrameSpan?
  ) throws(DataError) -> SampleWindow {
    guard let video else {
      return SampleWindow(
        frames: Array(repeating: FrameNumber(0), count: request.sampling.frameCount),
        crop: CentreCrop.window(in: size, for: request.size), isFlipped: false)
    }
    do throws(ClipTooShort) {
      return try SampleDraw.fixed(start: start).window(
        for: request, of: size, pixelAspect: video.pixelAspect, frames: video.frames, frameRate: video.frameRate, span: span)
    } catch {
      throw DataError(.unusable, path: path, error.description)
    }
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
