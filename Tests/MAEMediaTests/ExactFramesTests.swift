import Foundation
import MAECore
import MAEMedia
import Testing

@Suite("frames equal those of the ffmpeg program")
struct ExactFramesTests {
  @Test("all frames, in random order", arguments: TestClip.everyday)
  func randomOrder(clip: TestClip) throws {
    let path = try clip.path()
    try compare(path, .init(), crops: false)
    // Packets read again instead of kept in memory.
    try compare(path, .init(packetMemory: 0), crops: false)
  }

  @Test("any window, converted alone", arguments: TestClip.everyday)
  func windows(clip: TestClip) throws { try compare(try clip.path(), .init(), crops: true) }

  @Test("grey and RGBA", arguments: ["plain.mp4", "ten-bit.mp4", "alpha.mkv", "animation.gif", "turned-90.mp4"])
  func otherChannels(name: String) throws {
    let path = try TestClip.named(name).path()
    for (channels, format) in [(PixelChannels.grey, "gray"), (.rgba, "rgba")] {
      let expected = try FFmpegProgram.frames(of: path, pixelFormat: format)
      let reader = try VideoReader(path: path, options: .init(channels: channels))
      let clip = try reader.clip(at: (0..<reader.info.frameCount).map(FrameNumber.init))
      #expect(clip.pixels == expected, "\(name) as \(format)")
    }
  }

  private func compare(_ path: String, _ options: VideoReader.Options, crops: Bool) throws {
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
        #expect(clip.frame(slot) == whole.window(crop), "\(path): frame \(number), window \(crop)")
      }
    }
  }
}

extension Image {
  /// A copy of a window, pixel by pixel.
  func window(_ crop: PixelRect) -> Image {
    var pixels: [UInt8] = []
    for y in crop.y..<crop.y + crop.height {
      let start = offset(x: crop.x, y: y)
      pixels += self.pixels[start..<start + crop.width * channels.count]
    }
    return Image(size: crop.size, channels: channels, pixels: pixels)
  }
}
