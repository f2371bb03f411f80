import MAECore

extension Image {
  /// Channels that are light; the fourth is not.
  private var tones: Int { min(3, channels.count) }

  /// Replaces every value of a colour.
  mutating func map(_ replacement: (UInt8) -> UInt8) {
    let table = (0...255).map { replacement(UInt8($0)) }
    mapEachChannel { _ in table }
  }

  /// Replaces the values of each colour by a table that follows from how often each occurs; nil = they stay.
  mutating func mapEachChannel(_ table: (_ histogram: [Int]) -> [UInt8]?) {
    let count = channels.count
    for channel in 0..<tones {
      var histogram = [Int](repeating: 0, count: 256)
      for place in stride(from: channel, to: pixels.count, by: count) { histogram[Int(pixels[place])] += 1 }
      guard let table = table(histogram) else { continue }
      for place in stride(from: channel, to: pixels.count, by: count) { pixels[place] = table[Int(pixels[place])] }
    }
  }

  /// The brightness of every pixel (ITU-R 601, in whole numbers as Pillow has it).
  var greys: [UInt8] {
    guard tones == 3 else { return (0..<size.pixelCount).map { pixels[$0 * channels.count] } }
    return (0..<size.pixelCount).map { pixel in
      let place = pixel * channels.count
      let sum = 19595 * Int(pixels[place]) + 38470 * Int(pixels[place + 1]) + 7471 * Int(pixels[place + 2])
      return UInt8((sum + 32768) >> 16)
    }
  }

  /// Moves every value away from that of another picture, or towards it: other + share · (value − other).
  ///
  /// - Parameter other: a value for each pixel.
  mutating func blend(_ share: Float, with other: (Image) -> [UInt8]) {
    guard share != 1 else { return }
    let others = other(self)
    for pixel in 0..<size.pixelCount {
      for place in pixel * channels.count..<pixel * channels.count + tones {
        pixels[place] = Self.blended(others[pixel], pixels[place], share)
      }
    }
  }

  /// The same with the smoothed picture: each value's mean with its eight neighbours, itself counting five times; the outermost
  /// pixels are not smoothed.
  mutating func sharpen(_ share: Float) {
    guard share != 1 else { return }
    let (source, count, row) = (pixels, channels.count, size.width * channels.count)
    guard size.width > 2, size.height > 2 else { return }
    for y in 1..<size.height - 1 {
      for x in 1..<size.width - 1 {
        for place in y * row + x * count..<y * row + x * count + tones {
          var sum = 4 * Int(source[place])
          for line in [place - row, place, place + row] {
            sum += Int(source[line - count]) + Int(source[line]) + Int(source[line + count])
          }
          pixels[place] = Self.blended(UInt8((2 * sum + 13) / 26), source[place], share)
        }
      }
    }
  }

  /// In single precision, cut off to whole numbers, as Pillow does.
  private static func blended(_ other: UInt8, _ value: UInt8, _ share: Float) -> UInt8 {
    let result = Float(other) + share * (Float(value) - Float(other))
    return result <= 0 ? 0 : result >= 255 ? 255 : UInt8(result)
  }
}
