import MAECore
import MAEMedia

/// How samples whose whole frames are altered are read: first the frames, then of what became of them the window.
///
/// Frames are read at most ten sevenths as large as the window, by their shorter sides: Kinetics is prepared for VideoMAE with
/// shorter sides of 320 pixels, of which it sees windows of 224. Altering larger frames would take longer than training on them.
struct WholeFrames {
  /// Asks for whole frames in place of windows.
  let request: SampleRequest
  private let source: FrameSize
  private let wanted: SampleRequest

  private static let share = 320.0 / 224

  /// - Parameter source: size of the upright frames, in pixels.
  init(_ request: SampleRequest, of source: FrameSize) {
    (self.source, wanted) = (source, request)
    var whole = request
    let share = min(1, Self.share * Double(request.size.shorterSide) / Double(source.shorterSide))
    whole.size = FrameSize(
      width: max(1, Int((Double(source.width) * share).rounded())), height: max(1, Int((Double(source.height) * share).rounded()))
    )
    self.request = whole
  }

  /// The whole frames of what a window shows, unmirrored.
  func window(_ window: SampleWindow) -> SampleWindow {
    SampleWindow(frames: window.frames, crop: PixelRect(whole: source), isFlipped: false)
  }

  /// The window of a clip of whole frames, resized as it was asked for.
  func cut(_ window: SampleWindow, outOf clip: Clip) -> Clip {
    let crop = window.crop.scaled(from: source, to: clip.size)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(clip.frameCount * wanted.size.pixelCount * clip.channels.count)
    for index in 0..<clip.frameCount {
      pixels +=
        Resampler.resize(
          clip.frame(index), crop: crop, to: wanted.size, filter: wanted.crop.filter, isFlipped: window.isFlipped
        ).pixels
    }
    var cut = Clip(size: wanted.size, channels: clip.channels, times: clip.times, pixels: pixels)
    cut.vector = clip.vector
    return cut
  }
}
