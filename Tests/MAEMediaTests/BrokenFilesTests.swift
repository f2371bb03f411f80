import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("broken files end in a result or in one sentence")
struct BrokenFilesTests {
  private let folder = TemporaryFolder()

  @Test("a file cut short shows what is left of it")
  func cutShort() throws {
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: TestClip.named("open-group.ts").path())))
    let path = folder.path("cut.ts")
    try Data(whole.prefix(whole.count / 2)).write(to: URL(fileURLWithPath: path))
    let reader = try VideoReader(path: path)
    #expect((5..<40).contains(reader.info.frameCount))
    #expect(reader.info.frameCount * reader.info.size.pixelCount * 3 == (try FFmpegProgram.frames(of: path).count))
  }

  @Test("an mp4 without its index is one sentence")
  func withoutIndex() throws {
    let path = folder.path("cut.mp4")
    let whole = try Data(contentsOf: URL(fileURLWithPath: TestClip.named("plain.mp4").path()))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: MediaError.self) { try VideoReader(path: path) }
    let sentence = try #require(error?.description)
    #expect(sentence.hasPrefix("\(path): "))
    #expect(sentence.contains("an unfinished recording"))
    #expect(!sentence.contains("\n"))
  }

  @Test("MP4 whose header is not there says what is missing")
  func headerMissing() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: TestClip.named("fragments.mp4").path()))
    let fragment = try #require(whole.firstRange(of: Data("moof".utf8))).lowerBound - 4
    let path = folder.path("download.mp4.part")
    for (content, words) in [(whole.prefix(12), "an unfinished recording"), (whole[fragment...], "a piece of a stream")] {
      try content.write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: MediaError.self) { try MediaProbe.kind(of: path) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
  }

  @Test("damaged packets: as many frames as the ffmpeg program shows, from the start")
  func damagedPackets() throws {
    let path = folder.path("damaged.mp4")
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: TestClip.named("plain.mp4").path())))
    let reader = try VideoReader(path: TestClip.named("plain.mp4").path())
    // A length in front of a unit that is longer than its packet.
    let place = Int(reader.index.packets[5].position)
    bytes.replaceSubrange(place..<place + 4, with: [0x7f, 0xff, 0xff, 0xff])
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let damaged = try VideoReader(path: path)
    #expect(damaged.index.irregularity == .damagedPackets)
    let frameBytes = damaged.info.size.pixelCount * 3
    #expect(damaged.info.frameCount * frameBytes == (try FFmpegProgram.frames(of: path).count))
    #expect(try damaged.clip(at: (0..<damaged.info.frameCount).map(FrameNumber.init)).frameCount == damaged.info.frameCount)
  }

  /// Found among mutated copies: no key frame is marked, and an edit list hides what decoding starts with. The ffmpeg program
  /// shows nothing of it either.
  @Test("a file whose frames are all hidden is one sentence")
  func showsNoFrame() throws {
    let path = try #require(Bundle.module.url(forResource: "Fixtures/shows-no-frame", withExtension: "mp4")).path
    #expect(try FFmpegProgram.frameCount(of: path) == 0)
    let error = #expect(throws: MediaError.self) { try VideoReader(path: path) }
    #expect(error?.description == "\(path): opening: it shows no frame")
  }

  @Test("a time limit ends a reading that takes too long")
  func timeLimit() throws {
    let path = try TestClip.named("plain.mp4").path()
    let error = #expect(throws: MediaError.self) { try VideoReader(path: path, options: .init(timeLimit: .nanoseconds(1))) }
    #expect(error?.code == .interrupted)
    #expect(try VideoReader(path: path, options: .init(timeLimit: .seconds(60))).info.frameCount == 40)
  }

  @Test("impossible requests are refused and leave the reader usable")
  func impossibleRequests() throws {
    let reader = try VideoReader(path: TestClip.named("plain.mp4").path())
    #expect(throws: MediaError.self) { try reader.clip(at: [FrameNumber(40)]) }
    #expect(throws: MediaError.self) { try reader.clip(at: [FrameNumber(-1)]) }
    #expect(throws: MediaError.self) {
      try reader.clip(at: [FrameNumber(0)], crop: PixelRect(x: 90, y: 0, width: 10, height: 10))
    }
    #expect(throws: MediaError.self) { try reader.clip(at: [FrameNumber(0)], size: FrameSize(width: 0, height: 5)) }
    #expect(try reader.clip(at: [FrameNumber(39)]).frameCount == 1)
  }

  @Test("mutated copies cause no crash, hang or growth", .enabled(if: runsLongTests))
  func mutated() throws {
    var clips = try TestClip.everyday.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: $0.path()))) }
    for ending in ["jpg", "png", "webp", "gif", "tiff"] {
      let path = folder.path("still." + ending)
      try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=s=75x51,noise=alls=10", "-frames:v", "1", path])
      clips.append([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    }
    var random = RandomStream(seed: UInt64(ProcessState.setting("MAE_FUZZ_SEED", or: 1)))
    let path = folder.path("mutated")
    var results = 0
    var slowest = (seconds: 0.0, copy: 0)
    let copies = ProcessState.setting("MAE_FUZZ_COPIES", or: 2000)
    var before = 0
    for copy in 0..<copies {
      if copy == copies / 10 { before = ProcessState.residentBytes }
      let mutation = Mutation.allCases[copy % Mutation.allCases.count]
      let bytes = mutation.apply(to: clips[random.below(clips.count)], clips[random.below(clips.count)], &random)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let start = ContinuousClock.now
      if Self.reads(path, &random) { results += 1 }
      let elapsed = (ContinuousClock.now - start).components
      let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      if seconds > slowest.seconds { slowest = (seconds, copy) }
      #expect(seconds < 10, "copy \(copy), \(mutation), took \(seconds) seconds")
    }
    let growth = ProcessState.residentBytes - before
    print("\(copies) mutated copies: \(results) gave frames; slowest \(slowest.seconds) s; memory grew by \(growth >> 20) MiB")
    #expect(results > copies / 10)
    #expect(growth < 256 << 20)
  }

  /// Whether anything could be read; errors are sentences.
  private static func reads(_ path: String, _ random: inout RandomStream) -> Bool {
    do {
      switch try MediaProbe.kind(of: path) {
      case .notMedia: return false
      case .still: return try DecodedStill(path: path, timeLimit: .seconds(4)).read(size: FrameSize(square: 32)).size.width == 32
      case .video: break
      }
      let reader = try VideoReader(path: path, options: .init(timeLimit: .seconds(4), packetMemory: random.below(2) * (1 << 20)))
      let numbers = (0..<6).map { _ in FrameNumber(random.below(reader.info.frameCount)) }
      return try reader.clip(at: numbers, size: FrameSize(square: 32)).frameCount == 6
    } catch {
      let sentence = "\(error)"
      #expect(sentence.hasPrefix(path) && !sentence.contains("\n"), "\(sentence)")
      return false
    }
  }
}
