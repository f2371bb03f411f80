import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("a still whose end is missing is bad, and read on request alone")
struct TruncatedStillTests {
  private let folder = TemporaryFolder()

  /// Each still format, and what marks its end: formats that store plain values may end in zeros, which is black.
  struct Format: Sendable, CustomTestStringConvertible {
    let name: String
    /// Whether a picture is coded, so that zeros at its end cannot belong to it.
    var isCoded = true
    var testDescription: String { name }

    /// The file's bytes: a fixture, or made by the `ffmpeg` program.
    func bytes(_ folder: TemporaryFolder) throws -> [UInt8] {
      if let bytes = try? StillFixture.bytes(name) { return bytes }
      let path = folder.path(name)
      try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=s=75x51,noise=alls=10:all_seed=3", "-frames:v", "1", path])
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
  }

  static let formats =
    [
      "baseline.jpg", "progressive.jpg", "restart.jpg", "lossy.webp", "lossless.webp", "noisy.jp2", "noisy.gif", "noisy.heic",
      "noisy.avif", "grid.avif", "turned-6.tiff", "jpeg.tiff", "coded.png", "coded.qoi", "coded.jxl", "coded.jls",
    ].map { Format(name: $0) }
    + ["plain.bmp", "plain.ppm", "plain.tiff", "plain.sgi", "plain.ico", "plain.pcx", "plain.dpx"].map {
      Format(name: $0, isCoded: false)
    }

  private func write(_ bytes: some Sequence<UInt8>) throws -> String {
    let path = folder.path("cut")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("cut short or filled with zeros", arguments: formats) func cut(format: Format) throws {
    let whole = try format.bytes(folder)
    let image = try StillReader.read(path: write(whole))
    for tenths in [5, 7, 9] {
      let kept = whole.count * tenths / 10
      #expect(throws: MediaError.self, "\(format.name) without its last \(10 - tenths) tenths") {
        try StillReader.read(path: write(whole.prefix(kept)))
      }
      guard format.isCoded else { continue }
      #expect(throws: MediaError.self, "\(format.name) with zeros for its last \(10 - tenths) tenths") {
        try StillReader.read(path: write(whole.prefix(kept) + [UInt8](repeating: 0, count: whole.count - kept)))
      }
    }
    // Whatever little is cut off: refused, or nothing of the picture was lost.
    for missing in 1...12 {
      let path = try write(whole.dropLast(missing))
      guard let left = try? StillReader.read(path: path) else { continue }
      // Compared first, so that a failure does not print the pixels.
      let isEqual = left == image
      #expect(isEqual, "\(format.name) without \(missing) bytes")
    }
  }

  @Test("a TIFF that ends inside the directory behind its picture", arguments: ["jpeg.tiff", "jpeg-grey.tiff"])
  func directory(name: String) throws {
    let whole = try StillFixture.bytes(name)
    for count in whole.count - 440..<whole.count {
      #expect(throws: MediaError.self, "\(name), \(count) of \(whole.count) bytes") {
        try StillReader.read(path: write(whole.prefix(count)))
      }
    }
  }

  @Test("files of others that were cut after half", arguments: ["gray-50.jpg", "orient6-50.jpg"]) func half(name: String) throws {
    let path = try StillFixture.path(name)
    let error = #expect(throws: MediaError.self) { try DecodedStill(path: path) }
    #expect(error?.description.contains("its end is missing") == true)
    #expect(try DecodedStill(path: path, allowsTruncated: true).size.pixelCount == 96 * 64)
  }

  @Test("advice is given where it helps", arguments: formats) func advice(format: Format) throws {
    let whole = try format.bytes(folder)
    let path = try write(whole.prefix(whole.count * 6 / 10))
    let error = #expect(throws: MediaError.self) { try DecodedStill(path: path) }
    let helps = (try? DecodedStill(path: path, allowsTruncated: true).read()) != nil
    let sentence = error?.description ?? ""
    #expect(sentence.contains("--allow-truncated") == (helps && sentence.contains("its end is missing")), "\(sentence)")
    #expect(!sentence.contains("Invalid data"))
  }

  @Test("what is there is read on request, the rest is grey") func allowed() throws {
    let whole = try StillFixture.bytes("baseline.jpg")
    let image = try StillReader.read(path: write(whole))
    let left = try DecodedStill(path: write(whole.prefix(whole.count * 9 / 10)), allowsTruncated: true).read()
    #expect(left.size == image.size)
    let isTopEqual = left.pixels.prefix(image.size.width * 3 * 8) == image.pixels.prefix(image.size.width * 3 * 8)
    #expect(isTopEqual)
    #expect(left.pixels.suffix(3) == [128, 128, 128])
  }

  @Test("flat pictures of any value are whole", arguments: [0, 0x5b, 0x80, 0xa4, 255] as [UInt8]) func flat(value: UInt8) throws {
    for size in [FrameSize(square: 1), FrameSize(width: 3, height: 17), FrameSize(width: 129, height: 64)] {
      for ending in ["png", "jpg"] {
        let path = folder.path("flat.\(ending)")
        let image = Image(size: size, filledWith: [value, value, value])
        if ending == "png" { try PictureWriter.writePNG(image, to: path) } else { try PictureWriter.writeJPEG(image, to: path) }
        #expect(try StillReader.size(path: path) == size)
      }
    }
  }
}

@Suite("mutated stills cause no crash, hang or growth, and none is taken whose end is missing")
struct MutatedStillTests {
  private let folder = TemporaryFolder()

  @Test("mutated stills", arguments: TruncatedStillTests.formats) func mutated(format: TruncatedStillTests.Format) throws {
    let whole = try format.bytes(folder)
    let path = folder.path("mutated")
    try Data(whole).write(to: URL(fileURLWithPath: path))
    let image = try StillReader.read(path: path)
    var random = RandomStream(seed: UInt64(ProcessState.setting("MAE_FUZZ_SEED", or: 1)))
    let copies = ProcessState.setting("MAE_FUZZ_COPIES", or: runsLongTests ? 500 : 24)
    var before = 0
    for copy in 0..<copies {
      if copy == copies / 10 { before = ProcessState.residentBytes }
      let mutation = Mutation.allCases[copy % Mutation.allCases.count]
      try Data(mutation.apply(to: whole, whole, &random)).write(to: URL(fileURLWithPath: path))
      let start = ContinuousClock.now
      do {
        _ = try MediaProbe.kind(of: path)
        let found = try DecodedStill(path: path, timeLimit: .seconds(4)).read()
        let isEqual = found == image
        if mutation == .truncated { #expect(isEqual, "\(format.name), copy \(copy)") }
      } catch {
        let sentence = "\(error)"
        #expect(sentence.hasPrefix(path) && !sentence.contains("\n"), "\(sentence)")
      }
      _ = try? DecodedStill(path: path, timeLimit: .seconds(4), allowsTruncated: true).read(size: FrameSize(square: 16))
      #expect(ContinuousClock.now - start < .seconds(10), "\(format.name), copy \(copy), \(mutation)")
    }
    #expect(ProcessState.residentBytes - before < 256 << 20)
  }
}
