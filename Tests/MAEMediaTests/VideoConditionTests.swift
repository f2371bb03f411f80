import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("what a decoder complains about is counted")
struct VideoConditionTests {
  private let folder = TemporaryFolder()

  @Test("clips that the ffmpeg program decodes in silence are good", arguments: TestClip.everyday)
  func good(clip: TestClip) throws {
    let path = try clip.path()
    let condition = try VideoReader(path: path).condition()
    let isSilent = try FFmpegProgram.errors(of: path).isEmpty
    #expect(condition.isGood == isSilent, "\(condition)")
  }

  @Test(
    "flipped and zeroed bytes are damage, with a first time", arguments: ["plain.mp4", "mpeg4-b-frames.avi", "recording.ts"],
    [true, false])
  func damaged(name: String, flips: Bool) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: TestClip.named(name).path()))
    let middle = bytes.count / 2
    if flips {
      for step in 0..<12 { bytes[middle / 2 + step * middle / 12] ^= 0x55 }
    } else {
      for place in middle..<middle + 2000 { bytes[place] = 0 }
    }
    let path = folder.path(name)
    try bytes.write(to: URL(fileURLWithPath: path))
    let reader = try VideoReader(path: path)
    let condition = try reader.condition()
    #expect(!condition.isGood)
    #expect(condition.first?.isEmpty == false)
    let time = try #require(condition.firstTime)
    #expect(time > 0 && time <= reader.info.duration)
  }

  @Test(
    "damage is counted that shows only where packets are taken from the file", arguments: ["theora.ogv", "av1.mp4", "wmv2.wmv"])
  func damagedContainer(name: String) throws {
    let clip = name == "av1.mp4" ? TestClip(name, "-i -c copy", from: "av1.mkv") : try TestClip.named(name)
    #expect(try VideoReader(path: clip.path()).condition().isGood)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: clip.path()))
    for step in 0..<12 { bytes[bytes.count / 4 + step * bytes.count / 24] ^= 0x55 }
    let path = folder.path(name)
    try bytes.write(to: URL(fileURLWithPath: path))
    try #require(!FFmpegProgram.errors(of: path).isEmpty)
    let reader = try VideoReader(path: path)
    for options in [VideoReader.Options(), .init(packetMemory: 0), .init(index: reader.index)] {
      let condition = try VideoReader(path: path, options: options).condition()
      #expect(!condition.isGood && condition.firstTime != nil)
    }
  }

  @Test("a video that is encrypted says so")
  func encrypted() throws {
    let path = folder.path("encrypted.mp4")
    try FFmpegProgram.run([
      "-i", TestClip.named("plain.mp4").path(), "-c", "copy", "-encryption_scheme", "cenc-aes-ctr", "-encryption_key",
      "00112233445566778899aabbccddeeff", "-encryption_kid", "112233445566778899aabbccddeeff00", path,
    ])
    let error = #expect(throws: MediaError.self) { try VideoReader(path: path) }
    #expect(error?.description.contains("encrypted") == true, "\(error?.description ?? "")")
  }
}
