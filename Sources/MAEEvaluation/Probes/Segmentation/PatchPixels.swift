import MAECore
import MAEData

/// The pixels of each patch themselves, at most 8 × 8 values a channel, patches in the order of the grid: what tokens have to
/// beat. Of clips the mean over the frames.
struct PatchPixels: ClipFeatures {
  let grid: TokenGrid

  func features(of clips: [Clip]) -> [Float] { clips.flatMap(patches) }

  private func patches(_ clip: Clip) -> [Float] {
    let (channels, height, width) = (clip.channels.count, clip.size.height / grid.height, clip.size.width / grid.width)
    let factor = (max(height, width) + 7) / 8
    let (rows, columns) = ((height + factor - 1) / factor, (width + factor - 1) / factor)
    var sums = [Float](repeating: 0, count: grid.plane * rows * columns * channels)
    var counts = [Float](repeating: 0, count: rows * columns)
    for y in 0..<height {
      for x in 0..<width { counts[y / factor * columns + x / factor] += Float(clip.frameCount) }
    }
    for frame in 0..<clip.frameCount {
      for y in 0..<grid.height * height {
        for x in 0..<grid.width * width {
          let (patch, cell) = (y / height * grid.width + x / width, y % height / factor * columns + x % width / factor)
          let pixel = frame * clip.bytesPerFrame + (y * clip.size.width + x) * channels
          for channel in 0..<channels {
            sums[(patch * rows * columns + cell) * channels + channel] += Float(clip.pixels[pixel + channel])
          }
        }
      }
    }
    for index in sums.indices { sums[index] /= 255 * counts[index / channels % (rows * columns)] }
    return sums
  }
}
