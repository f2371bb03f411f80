import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("frames and times follow the decoder, whatever clocks say and whatever got lost")
struct OrderAndLossTests {
  private let folder = TemporaryFolder()

  private func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: TestClip.named(name).path())) }

  private func write(_ bytes: Data, _ name: String) throws -> String {
    let path = folder.path(name)
    try bytes.write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("MPEG-4 in AVI: nothing is decoded to find frames, and they come at even times", arguments: TestClip.classical)
  func classical(clip: TestClip) throws {
    let path = try clip.path()
    try FrameComparison.compare(path, .init(), crops: false)
    try FrameComparison.compare(path, .init(packetMemory: 0, forgetsBetweenClips: true), crops: false)
    let index = try VideoReader(path: path).index
    #expect(index.decodedFrameCount == 0)
    if clip.name.hasSuffix("avi"), !clip.name.hasSuffix("lost.avi") {
      for (number, time) in index.times.enumerated() { #expect(abs(time - Double(number) / 25) < 1e-9) }
      #expect(abs(index.duration - Double(index.frameCount) / 25) < 1e-9)
    }
  }

  /// As a phone's slow motion has it: the units before a picture stand with it behind one length, parted by start codes.
  @Test("start codes within a length part units too")
  func startCodesWithinLength() throws {
    let plain = try VideoReader(path: TestClip.named("plain.mp4").path())
    var bytes = try bytes("plain.mp4")
    let start = Int(plain.index.packets[0].position)
    func length(at place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    let first = length(at: start)
    let second = length(at: start + 4 + first)
    try #require(8 + first + second == Int(plain.index.packets[0].size))
    bytes.replaceSubrange(start + 4 + first..<start + 8 + first, with: [0, 0, 0, 1])
    bytes.replaceSubrange(start..<start + 4, with: (0..<4).map { UInt8((first + 4 + second) >> (24 - 8 * $0) & 0xff) })
    let path = try write(bytes, "parted.mp4")
    let reader = try VideoReader(path: path)
    #expect(reader.index == plain.index)
    #expect(reader.info == plain.info)
    try FrameComparison.compare(path, .init(), crops: false)
  }

  @Test("MPEG-4 that does not say that it is reordered: its second frame comes again, as in the ffmpeg program")
  func unstatedOrder() throws {
    let path = try #require(Bundle.module.path(forResource: "Fixtures/unstated-order", ofType: "avi"))
    try FrameComparison.compare(path, .init(), crops: false)
    let reader = try VideoReader(path: path)
    #expect(reader.index.decodedFrameCount == 0)
    #expect(reader.index.packetOfFrame.prefix(5) == [0, 1, 2, 3, 1])
    let pair = try reader.clip(at: [1, 4].map(FrameNumber.init))
    #expect(pair.frame(0) == pair.frame(1))
    // From the middle of a row of frames on, and by itself.
    for numbers in [[3], [4], [4, 5], [2, 3], [3, 4]] {
      let frames = try reader.clip(at: numbers.map(FrameNumber.init))
      if let slot = numbers.firstIndex(of: 4) { #expect(frames.frame(slot) == pair.frame(1)) }
    }
    // Its container says 50 frames a second, every other one empty, and nothing else tells when the last frame comes.
    for (number, time) in reader.index.times.dropLast().enumerated() { #expect(abs(time - Double(number) / 25) < 1e-9) }
  }

  @Test("a late frame of packed AVI costs a seek", arguments: ["packed-XVID.avi", "unpacked-DX50.avi"])
  func seekInPacked(name: String) throws {
    let reader = try VideoReader(path: TestClip.named(name).path(), options: .init(packetMemory: 0))
    _ = try reader.clip(at: [FrameNumber(45)])
    #expect(reader.statistics.seeks == 1)
    #expect(reader.statistics.packets <= 14)
  }

  @Test("frames come as they are decoded although times contradict", arguments: TestClip.jittered)
  func jittered(clip: TestClip) throws {
    let path = try clip.path()
    try FrameComparison.compare(path, .init(), crops: false)
    let index = try VideoReader(path: path).index
    #expect(index.irregularity == .disorderedTimestamps)
    #expect(index.decodedFrameCount == 0)
    #expect(zip(index.times, index.times.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test(
    "joined recordings: frames in order, times as a player shows them",
    arguments: [
      ["recording-later.ts", "recording.ts"], ["recording.ts", "recording-later.ts"],
      ["recording-later.ts", "recording-open.ts", "recording-open.ts"], ["recording-mpeg2-later.ts", "recording-mpeg2.ts"],
      ["recording-later.vob", "recording.vob"], ["recording-x265-later.ts", "recording-x265.ts"],
    ])
  func joined(names: [String]) throws {
    let path = try write(names.map(bytes).reduce(Data(), +), "joined." + (names[0] as NSString).pathExtension)
    try FrameComparison.compare(path, .init(), crops: false)
    try FrameComparison.compare(path, .init(packetMemory: 0), crops: false)
    let parts = try names.map { try VideoReader(path: TestClip.named($0).path()).info }
    let reader = try VideoReader(path: path)
    #expect(reader.info.frameCount == parts.reduce(0) { $0 + $1.frameCount })
    // A join may hide half a frame's time.
    #expect(abs(reader.info.duration - parts.reduce(0) { $0 + $1.duration }) < 0.045)
    #expect(abs(reader.info.frameRate - 25) < 0.5)
    // Of short recordings, the stretch around a join may be most.
    if reader.info.frameCount > 200 { #expect(reader.index.decodedFrameCount < reader.info.frameCount / 2) }
    #expect(reader.frameNumber(at: reader.info.duration - 0.01) == FrameNumber(reader.info.frameCount - 1))
  }

  @Test("one lost packet of a transport stream: found by seeking, exact everywhere", arguments: [0.31, 0.5, 0.63, 0.77, 0.9])
  func lostPacket(place: Double) throws {
    let whole = try bytes("recording.ts")
    let lost = Int(Double(whole.count / 188) * place)
    let path = try write(whole.prefix(188 * lost) + whole.dropFirst(188 * (lost + 1)), "lost.ts")
    try FrameComparison.compare(path, .init(packetMemory: 0), crops: false)
    let reader = try VideoReader(path: path, options: .init(packetMemory: 0))
    #expect(reader.index.decodedFrameCount < 60)
    _ = try reader.clip(at: [FrameNumber(reader.info.frameCount - 3)])
    #expect(reader.statistics.packets <= 12)
    let again = try VideoReader(path: path, options: .init(index: reader.index, packetMemory: 0))
    #expect(try again.clip(at: [FrameNumber(190)]) == reader.clip(at: [FrameNumber(190)]))
  }

  @Test("a recording that was cut anywhere starts and ends as in the ffmpeg program")
  func cutAnywhere() throws {
    let whole = try bytes("recording-open.ts")
    for (first, last) in [(0.3, 0.9), (0.45, 1), (0, 0.71)] {
      let part = whole[Int(Double(whole.count) * first)..<Int(Double(whole.count) * last)]
      let path = try write(part, "cut.ts")
      try FrameComparison.compare(path, .init(), crops: false)
    }
  }
}
