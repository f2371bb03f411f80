import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("frames equal those of the ffmpeg program")
struct ExactFramesTests {
  @Test("all frames, in random order", arguments: TestClip.everyday)
  func randomOrder(clip: TestClip) throws {
    let path = try clip.path()
    try FrameComparison.compare(path, .init(), crops: false)
    // Packets read again instead of kept in memory.
    try FrameComparison.compare(path, .init(packetMemory: 0), crops: false)
  }

  @Test("any window, converted alone", arguments: TestClip.everyday)
  func windows(clip: TestClip) throws { try FrameComparison.compare(try clip.path(), .init(), crops: true) }

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
