import MAECore

/// The pixels themselves, few enough to compare: what features have to beat.
///
/// At most 1,024 numbers: frames shrink by a whole factor, each number the mean of a square, to at most 18 × 18; clips of which
/// that is too much keep the frames and shrink further.
struct ShrunkPixels: ClipFeatures {
  private let factor: Int
  private let frames: [Int]

  init(_ size: FrameSize, channels: PixelChannels, frames count: Int) {
    // Four frames tell most motions apart.
    let kept = min(count, 4)
    frames = (0..<kept).map { $0 * (count - 1) / max(1, kept - 1) }
    var factor = 1
    while (size.height + factor - 1) / factor * ((size.width + factor - 1) / factor) * channels.count * kept > 1024 {
      factor += 1
    }
    self.factor = factor
  }

  func features(of clips: [Clip]) -> [Float] { clips.flatMap { clip in frames.flatMap { shrunk(clip, frame: $0) } } }

  private func shrunk(_ clip: Clip, frame: Int) -> [Float] {
    let (channels, width, height) = (clip.channels.count, clip.size.width, clip.size.height)
    let (columns, rows) = ((width + factor - 1) / factor, (height + factor - 1) / factor)
    var sums = [Float](repeating: 0, count: rows * columns * channels)
    var counts = [Float](repeating: 0, count: rows * columns)
    for y in 0..<height {
      for x in 0..<width {
        let cell = y / factor * columns + x / factor
        counts[cell] += 1
        let pixel = frame * clip.bytesPerFrame + (y * width + x) * channels
        for channel in 0..<channels { sums[cell * channels + channel] += Float(clip.pixels[pixel + channel]) }
      }
    }
    for index in sums.indices { sums[index] /= 255 * counts[index / channels] }
    return sums
  }
}
