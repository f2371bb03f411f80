import MAECore

extension Image {
  /// The picture at another size, bilinear at the pixels' centres and not smoothed when shrunk, as evaluations with OpenCV do it.
  func linearlySampled(to new: FrameSize) -> Image {
    guard new != size else { return self }
    let count = channels.count
    let columns = LinearTap.taps(from: size.width, to: new.width)
    var result = [UInt8](repeating: 0, count: new.pixelCount * count)
    for (row, tap) in LinearTap.taps(from: size.height, to: new.height).enumerated() {
      let (above, below) = (tap.first * size.width * count, tap.second * size.width * count)
      var target = row * new.width * count
      for column in columns {
        let (left, right) = (column.first * count, column.second * count)
        for channel in 0..<count {
          let (a, b) = (Float(pixels[above + left + channel]), Float(pixels[above + right + channel]))
          let (c, d) = (Float(pixels[below + left + channel]), Float(pixels[below + right + channel]))
          let (upper, lower) = (a + column.share * (b - a), c + column.share * (d - c))
          result[target] = UInt8((upper + tap.share * (lower - upper)).rounded())
          target += 1
        }
      }
    }
    return Image(size: new, channels: channels, pixels: result)
  }
}
