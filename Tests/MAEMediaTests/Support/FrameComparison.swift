import MAECore
import MAEMedia
import TestSupport
import Testing

/// Compares a reader with the `ffmpeg` program, byte for byte.
enum FrameComparison {
  /// Reads all frames in random order, a few at a time, whole or random windows of them.
  static func compare(_ path: String, _ options: VideoReader.Options, crops: Bool) throws {
    let expected = try FFmpegProgram.frames(of: path)
    let reader = try VideoReader(path: path, options: options)
    let size = reader.info.size
    let frameBytes = size.pixelCount * 3
    try #require(expected.count == reader.info.frameCount * frameBytes, "\(path): \(reader.info.frameCount) frames of \(size)")
    var random = RandomStream(seed: 11)
    var rest = random.permutation(reader.info.frameCount).map { FrameNumber(Int($0)) }
    while !rest.isEmpty {
      let numbers = Array(rest.prefix(1 + random.below(12)))
      rest.removeFirst(numbers.count)
      var crop = PixelRect(whole: size)
      if crops {
        crop.width = 1 + random.below(size.width)
        crop.height = 1 + random.below(size.height)
        crop.x = random.below(size.width - crop.width + 1)
        crop.y = random.below(size.height - crop.height + 1)
      }
      let clip = try reader.clip(at: numbers, crop: crops ? crop : nil)
      for (slot, number) in numbers.enumerated() {
        let whole = Image(size: size, pixels: Array(expected[number.value * frameBytes..<(number.value + 1) * frameBytes]))
        // Compared first, so that a failure does not print the pixels.
        let isEqual = clip.frame(slot) == whole.window(crop)
        #expect(isEqual, "\(path): frame \(number), window \(crop)")
      }
    }
  }
}
