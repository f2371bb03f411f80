import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

/// Pictures that Pillow and phones write; `Fixtures/stills/make.py` makes them, and Pillow's pixels are the truth.
@Suite("stills of every format stand upright and show what Pillow shows")
struct StillFormatTests {
  private func path(_ name: String) throws -> String { try StillFixture.path(name) }

  /// Lossy coding changes values a little; a wrong turn changes them by 40 on average.
  private func difference(_ name: String, _ truth: String) throws -> Double {
    let (found, expected) = (try StillReader.read(path: path(name)), try StillReader.read(path: path(truth)))
    try #require(found.size == expected.size, "\(name) is \(found.size)")
    return StillFixture.meanDifference(found, expected)
  }

  @Test("orientations 1 to 8", arguments: 1...8, ["jpg", "png", "webp", "tiff", "avif"])
  func orientation(number: Int, ending: String) throws {
    let isLossless = ["png", "tiff"].contains(ending)
    #expect(try difference("turned-\(number).\(ending)", "upright-\(number).png") <= (isLossless ? 0 : 8))
  }

  @Test("the turned pictures of another writer", arguments: ["orient6.jpg", "orient6.webp", "orient6-lossy.webp"])
  func sideways(name: String) throws {
    #expect(try StillReader.size(path: path(name)) == FrameSize(width: 64, height: 96))
    #expect(try difference(name, "orient6.jpg") <= 8)
  }

  @Test("XMP turns a picture whose EXIF says nothing", arguments: ["xmp-8.jpg", "xmp-8.webp"])
  func xmp(name: String) throws { #expect(try difference(name, "upright-8.png") <= 8) }

  @Test("HEIC: its own window and turning count, EXIF does not")
  func heic() throws {
    #expect(try difference("exif-only.heic", "upright-1.png") <= 8)
    #expect(try StillReader.size(path: path("x.heic")) == FrameSize(width: 96, height: 64))
    #expect(try MediaProbe.kind(of: path("x.heic")) == .still)
  }

  @Test("a grid of coded pictures is one picture") func grid() throws {
    #expect(try difference("grid.avif", "grid.png") <= 4)
  }

  @Test("an AVIF is a still and equals what the ffmpeg program shows") func avif() throws {
    #expect(try MediaProbe.kind(of: path("p0.avif")) == .still)
    let isEqual = try StillReader.read(path: path("p0.avif")).pixels == FFmpegProgram.frames(of: path("p0.avif"))
    #expect(isEqual)
  }

  @Test(
    "JPEGs inside a TIFF: strips and tiles, with and without colour differences",
    arguments: [
      ("jpegintiff.tiff", "jpeg-in-tiff.png", 2), ("jpeg.tiff", "jpeg-tiff.png", 4), ("jpeg-ycbcr.tiff", "jpeg-tiff.png", 8),
    ])
  func jpegInTIFF(name: String, truth: String, largest: Double) throws {
    #expect(try difference(name, truth) <= largest)
  }

  @Test("a grey JPEG inside a TIFF") func greyJPEGInTIFF() throws {
    let found = try StillReader.read(path: path("jpeg-grey.tiff"), channels: .grey)
    let expected = try StillReader.read(path: path("jpeg-tiff.png"), channels: .grey)
    #expect(StillFixture.meanDifference(found, expected) <= 4)
  }

  @Test(
    "what cannot be read says what it is",
    arguments: [
      ("anim.webp", "it is an animated WebP"), ("float.tiff", "it is a TIFF of 32-bit floating-point samples"),
    ])
  func sentences(name: String, words: String) throws {
    let error = #expect(throws: MediaError.self) { try StillReader.read(path: path(name)) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  /// Photometric interpretations (TIFF 6.0, section 8, 16 and 23): the tag's value is changed in files that are read otherwise.
  @Test(
    "a TIFF in colours that would come out wrong says so",
    arguments: [
      ("jpeg-grey.tiff", 0, "in which white is 0"), ("jpeg.tiff", 5, "in CMYK"), ("turned-1.tiff", 8, "in Lab colours"),
      ("turned-1.tiff", 9, "in Lab colours"),
    ] as [(String, UInt8, String)])
  func photometric(name: String, value: UInt8, words: String) throws {
    let folder = TemporaryFolder()
    var bytes = Data(try StillFixture.bytes(name))
    let entry = try #require(bytes.firstRange(of: [0x06, 0x01, 3, 0, 1, 0, 0, 0]))
    bytes[entry.upperBound] = value
    let file = folder.path("odd.tiff")
    try bytes.write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: MediaError.self) { try StillReader.read(path: file) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test("EXIF that old ImageMagick put into a text of a PNG turns it") func textualEXIF() throws {
    #expect(try difference("raw-profile-8.png", "upright-8.png") == 0)
  }

  @Test("an animated WebP is bad as soon as it is looked at") func animatedWebP() throws {
    #expect(throws: MediaError.self) { try MediaProbe.kind(of: path("anim.webp")) }
  }

  @Test("containers of videos that show one picture are stills")
  func oneFrame() throws {
    let folder = TemporaryFolder()
    for name in ["a.mp4", "a.mkv", "a.webm", "a.ts", "a.avi", "a.gif", "a.apng", "a.ico", "fragments.mp4"] {
      let file = folder.path(name)
      let options = name.hasPrefix("fragments") ? ["-movflags", "frag_keyframe+empty_moov"] : []
      try FFmpegProgram.run(
        ["-f", "lavfi", "-i", "testsrc=s=64x48", "-frames:v", "1", "-pix_fmt"]
          + [["gif": "rgb8", "apng": "rgb24", "ico": "bgra"][file.fileEnding] ?? "yuv420p"] + options + [file])
      #expect(try MediaProbe.kind(of: file) == .still, "\(name)")
      let isEqual = try StillReader.read(path: file).pixels == FFmpegProgram.frames(of: file)
      #expect(isEqual, "\(name)")
    }
  }

  @Test("a picture beyond what FFmpeg takes is refused with both figures") func tooLarge() throws {
    let folder = TemporaryFolder()
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path("baseline.jpg"))))
    let frame = try #require(bytes.indices.first { bytes[$0] == 0xff && bytes[$0 + 1] == 0xc0 })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x75, 0x30, 0x75, 0x30])  // 30,000 × 30,000
    let file = folder.path("huge.jpg")
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: MediaError.self) { try StillReader.size(path: file) }
    #expect(error?.description.contains("too large: 30000×30000 are 900 megapixels, and at most 250 are read") == true)
  }

  @Test("a photo of 200 megapixels is read") func twoHundredMegapixels() throws {
    let folder = TemporaryFolder()
    let file = folder.path("phone.jpg")
    try Data(Self.greyJPEG(width: 16_320, height: 12_240)).write(to: URL(fileURLWithPath: file))
    let still = try DecodedStill(path: file)
    #expect(still.size == FrameSize(width: 16_320, height: 12_240))
    let window = PixelRect(x: 4000, y: 2000, width: 8000, height: 8000)
    let found = try still.read(crop: window, size: FrameSize(square: 100))
    // The lower half begins at 6,120, within row 51 of the hundred; rows beside it may have some of both.
    let (above, below) = (found.pixels[..<(49 * 300)], found.pixels[(54 * 300)...])
    #expect(above.allSatisfy { abs(Int($0) - 128) <= 1 } && below.allSatisfy { abs(Int($0) - 192) <= 1 })
  }

  /// A JPEG in two greys, 128 above and 192 below, which the ffmpeg program writes up to 134 megapixels only. A block without
  /// change takes two bits, both 0; the first of the lower half tells its difference in ten bits more. Sides are multiples of 16.
  private static func greyJPEG(width: Int, height: Int) -> [UInt8] {
    func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
      [0xff, marker, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 0xff)] + body
    }
    let sides = [height, width].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    let none = [UInt8](repeating: 0, count: 14)
    let half = [UInt8](repeating: 0, count: width / 8 * (height / 8) / 8)
    return [0xff, 0xd8] + segment(0xdb, [0] + [UInt8](repeating: 1, count: 64)) + segment(0xc0, [8] + sides + [1, 1, 0x11, 0])
      + segment(0xc4, [0x00, 1, 1] + none + [0, 10]) + segment(0xc4, [0x10, 1, 0] + none + [0])
      + segment(0xda, [1, 1, 0, 0, 63, 0]) + half + [0b1010_0000] + half + [0, 0xff, 0xd9]
  }
}

extension String {
  fileprivate var fileEnding: String { split(separator: ".").last.map(String.init) ?? "" }
}
