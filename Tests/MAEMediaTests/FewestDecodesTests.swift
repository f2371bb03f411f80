import MAECore
import MAEMedia
import Testing

@Suite("only what wanted frames need is decoded")
struct FewestDecodesTests {
  @Test("a late frame costs one seek and no more than its group of pictures")
  func lateFrame() throws {
    let reader = try VideoReader(path: try TestClip.named("plain.mp4").path())
    _ = try reader.clip(at: [FrameNumber(30)])
    #expect(reader.statistics.seeks == 1)
    #expect(reader.statistics.framesDecoded <= 12)
    #expect(reader.statistics.framesConverted == 1)
  }

  @Test("frames that nobody references and nobody wants are left out")
  func unreferencedFrames() throws {
    let path = try TestClip.named("long-group.mkv").path()
    let all = try VideoReader(path: path)
    let count = all.info.frameCount
    _ = try all.clip(at: (0..<count).map(FrameNumber.init))
    #expect(all.statistics.framesDecoded == count)
    let some = try VideoReader(path: path)
    _ = try some.clip(at: stride(from: 0, to: count, by: 4).map(FrameNumber.init))
    // Three B frames of which one is referenced: half of the frames can stay packed.
    #expect(some.statistics.framesDecoded <= count * 2 / 3)
    #expect(some.statistics.seeks == 1)
  }

  @Test("packed in one packet with others too", arguments: ["packed-XVID.avi", "packed-long.avi"])
  func unreferencedPackedFrames(name: String) throws {
    let path = try TestClip.named(name).path()
    for (stride, first) in [(4, 0), (4, 3), (7, 1), (5, 2)] {
      let reader = try VideoReader(path: path)
      let wanted = Array(Swift.stride(from: first, to: reader.info.frameCount, by: stride)).map(FrameNumber.init)
      _ = try reader.clip(at: wanted)
      // The encoder puts one bidirectional frame between two others, except at key frames.
      #expect(reader.index.unreferencedFrameCount == 24)
      let needed = reader.info.frameCount - reader.index.unreferencedFrameCount + wanted.count
      #expect(reader.statistics.framesDecoded <= needed)
      #expect(reader.statistics.seeks <= reader.index.keyFrames.count)
    }
  }

  @Test("repeats and any order cost nothing extra")
  func repeats() throws {
    let path = try TestClip.named("plain.mp4").path()
    let numbers = [9, 3, 3, 9, 5].map(FrameNumber.init)
    let reader = try VideoReader(path: path)
    let clip = try reader.clip(at: numbers)
    #expect(clip.frame(0) == clip.frame(3))
    #expect(clip.frame(1) == clip.frame(2))
    #expect(clip.times == [9, 3, 3, 9, 5].map { Double($0) / 25 })
    #expect(reader.statistics.seeks == 1)
    #expect(reader.statistics.framesConverted == 3)
    #expect(reader.statistics.framesDelivered == 5)
  }

  @Test("packets tell the frames: nothing is decoded to find them", arguments: TestClip.everyday)
  func foundWithoutDecoding(clip: TestClip) throws {
    let index = try VideoReader(path: try clip.path()).index
    // APNG is a codec that the library does not know; a cut at an open group leaves frames that lean on what is not there.
    if !["animation.png", "cut-open.ts"].contains(clip.name) { #expect(index.decodedFrameCount == 0) }
  }

  @Test("an index can be handed to the next reader of the file")
  func indexReuse() throws {
    for name in ["plain.mp4", "open-group.ts", "packed.avi", "b-frames.avi"] {
      let path = try TestClip.named(name).path()
      let first = try VideoReader(path: path)
      let second = try VideoReader(path: path, options: .init(index: first.index))
      let numbers = [1, 30, 17].map(FrameNumber.init)
      #expect(second.info == first.info)
      #expect(try second.clip(at: numbers) == first.clip(at: numbers), "\(name)")
    }
  }
}
