import MAECore

/// How frames, window and flip of a sample are chosen.
package enum SampleDraw: Sendable {
  /// As in training, each from a fork of the stream.
  case random(RandomStream)
  /// Nothing is random: the clip in the middle, or the one that begins with a frame, and the largest centred window.
  case fixed(start: FrameNumber? = nil)

  /// What a sample shows of a file.
  ///
  /// - Parameters:
  ///   - size: of the upright source, in pixels.
  ///   - pixelAspect: width of a pixel divided by its height.
  ///   - span: the part of a video that is meant; a clip that begins with a given frame may leave it.
  /// - Throws: ``ClipTooShort`` when there are fewer frames than a sample needs.
  package func window(
    for request: SampleRequest, of size: FrameSize, pixelAspect: Double = 1, frames count: Int, frameRate: Double,
    span: ManifestFile.FrameSpan? = nil
  ) throws(ClipTooShort) -> SampleWindow {
    let sampler = ClipSampler(request.sampling)
    let shape = request.windowShape(pixelAspect: pixelAspect)
    let shown = span?.clamped(to: count) ?? 0..<count
    var window: SampleWindow
    switch self {
    case .random(let stream):
      var (frameStream, cropStream, flipStream) = (stream.fork("frames"), stream.fork("crop"), stream.fork("flip"))
      window = SampleWindow(
        frames: try sampler.frames(in: shown.count, frameRate: frameRate, random: &frameStream),
        crop: request.crop.window(in: size, for: shape, random: &cropStream),
        isFlipped: flipStream.uniform() < request.flipProbability)
    case .fixed(let start?):
      let frames = try sampler.frames(from: start, in: count, frameRate: frameRate)
      return SampleWindow(frames: frames, crop: CentreCrop.window(in: size, for: shape), isFlipped: false)
    case .fixed(nil):
      window = SampleWindow(
        frames: try sampler.centre(in: shown.count, frameRate: frameRate), crop: CentreCrop.window(in: size, for: shape),
        isFlipped: false)
    }
    for index in window.frames.indices { window.frames[index].value += shown.lowerBound }
    return window
  }
}
