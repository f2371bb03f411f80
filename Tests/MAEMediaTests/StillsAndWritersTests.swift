import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

@Suite("pictures and videos are written and read back")
struct StillsAndWritersTests {
  private let folder = TemporaryFolder()

  @Test("PNG keeps every byte", arguments: PixelChannels.allCases, [FrameSize(width: 37, height: 21), FrameSize(square: 1)])
  func png(channels: PixelChannels, size: FrameSize) throws {
    let image = Self.gradient(size, channels)
    let path = folder.path("picture.png")
    try PictureWriter.writePNG(image, to: path)
    #expect(try StillReader.read(path: path, channels: channels) == image)
  }

  @Test("JPEG comes close")
  func jpeg() throws {
    let image = Self.gradient(FrameSize(width: 64, height: 48), .rgb)
    let path = folder.path("picture.jpg")
    try PictureWriter.writeJPEG(image, to: path)
    let back = try StillReader.read(path: path)
    let largest = zip(back.pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(largest <= 8)
  }

  @Test("stills equal what the ffmpeg program shows", arguments: ["jpg", "png", "webp", "bmp", "tiff", "gif", "ppm"])
  func stills(ending: String) throws {
    let path = folder.path("still.\(ending)")
    try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=s=75x51,noise=alls=10", "-frames:v", "1", path])
    let image = try StillReader.read(path: path)
    #expect(image.pixels == (try FFmpegProgram.frames(of: path)))
    let crop = PixelRect(x: 11, y: 7, width: 40, height: 30)
    #expect(try StillReader.read(path: path, crop: crop) == image.window(crop))
    let small = FrameSize(width: 16, height: 12)
    #expect(
      try StillReader.read(path: path, crop: crop, isFlipped: true, size: small)
        == Resampler.resize(image, crop: crop, to: small, isFlipped: true))
  }

  /// EXIF orientation n shows the stored picture turned so that its first row and column lie where the table says (EXIF 2.3,
  /// 4.6.4).
  @Test("EXIF orientation is applied", arguments: 1...8)
  func orientation(number: Int) throws {
    let path = folder.path("turned-\(number).jpg")
    try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc=s=48x32", "-frames:v", "1", "-q:v", "2", path])
    let stored = try StillReader.read(path: path)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let tag: [UInt8] = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(number), 0, 0]
    let exif: [UInt8] = Array("Exif\0\0MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1] + tag + [0, 0, 0, 0]
    bytes.insert(contentsOf: [0xff, 0xe1, 0, UInt8(exif.count + 2)] + exif, at: 2)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let upright = try StillReader.read(path: path)
    let isTransposed = number > 4
    let fromRight = [2, 3, 7, 8].contains(number)
    let fromBottom = [3, 4, 6, 7].contains(number)
    #expect(upright.size == (isTransposed ? FrameSize(width: 32, height: 48) : stored.size))
    // Colours are subsampled before they are turned: a few levels of difference remain.
    for y in stride(from: 4, to: upright.size.height, by: 8) {
      for x in stride(from: 4, to: upright.size.width, by: 8) {
        let (across, down) = isTransposed ? (y, x) : (x, y)
        let start = stored.offset(
          x: fromRight ? stored.size.width - 1 - across : across, y: fromBottom ? stored.size.height - 1 - down : down)
        let expected = stored.pixels[start..<start + 3]
        let found = upright.pixels[upright.offset(x: x, y: y)...].prefix(3)
        #expect(zip(expected, found).allSatisfy { abs(Int($0) - Int($1)) <= 40 }, "orientation \(number) at \(x), \(y)")
      }
    }
  }

  @Test(
    "a written video plays back with the same pictures",
    arguments: [FrameSize(width: 64, height: 48), FrameSize(width: 33, height: 27)])
  func video(size: FrameSize) throws {
    let path = folder.path("film.mp4")
    let pictures = (0..<7).map { Self.gradient(size, .rgb, shift: $0 * 9) }
    let writer = try VideoWriter(path: path, size: size, frameRate: 12.5)
    for picture in pictures { try writer.append(picture) }
    try writer.finish()
    let reader = try VideoReader(path: path)
    #expect(reader.info.frameCount == 7)
    #expect(abs(reader.info.duration - 7 / 12.5) < 0.01)
    #expect(reader.info.codec == "h264")
    #expect(reader.info.pixelFormat == "yuv420p")
    #expect(reader.info.size == FrameSize(width: (size.width + 1) & ~1, height: (size.height + 1) & ~1))
    let clip = try reader.clip(at: (0..<7).map(FrameNumber.init), crop: PixelRect(whole: size))
    for (slot, picture) in pictures.enumerated() {
      let differences = zip(clip.frame(slot).pixels, picture.pixels).map { abs(Int($0) - Int($1)) }
      #expect(differences.reduce(0, +) / differences.count < 6, "frame \(slot)")
    }
  }

  @Test("other encoders by name")
  func otherCodecs() throws {
    for (codec, ending) in [("mpeg4", "mp4"), ("mjpeg", "avi")] {
      let path = folder.path("film-\(codec).\(ending)")
      let format = codec == "mjpeg" ? "yuvj420p" : "yuv420p"
      let writer = try VideoWriter(
        path: path, size: FrameSize(width: 32, height: 24), frameRate: 25, options: .init(codec: codec, pixelFormat: format))
      for shift in 0..<3 { try writer.append(Self.gradient(FrameSize(width: 32, height: 24), .rgb, shift: shift)) }
      try writer.finish()
      #expect(try VideoReader(path: path).info.frameCount == 3)
    }
    let error = #expect(throws: MediaError.self) {
      try VideoWriter(
        path: folder.path("x.mp4"), size: FrameSize(square: 16), frameRate: 25, options: .init(codec: "no-such-encoder"))
    }
    #expect(error?.description.hasSuffix("the installed FFmpeg has no encoder no-such-encoder") ?? false)
    #expect(error?.kind == .unavailable)
  }

  @Test("a place that cannot be written says so")
  func unwritable() {
    let path = folder.path("no/such/folder/picture.png")
    let picture = #expect(throws: FileError.self) {
      try PictureWriter.writePNG(Self.gradient(FrameSize(square: 4), .rgb), to: path)
    }
    let film = #expect(throws: FileError.self) {
      try VideoWriter(path: folder.path("no/such/folder/film.mp4"), size: FrameSize(square: 16), frameRate: 25)
    }
    #expect(picture?.kind == .cannotCreate && film?.kind == .cannotCreate)
  }

  @Test("a film appears when it is finished; before that, and when it fails, what was there stays")
  func atomicity() async throws {
    let path = folder.path("film.mp4")
    let old = Data("an older film".utf8)
    try old.write(to: URL(fileURLWithPath: path))
    var writer: VideoWriter? = try VideoWriter(path: path, size: FrameSize(square: 16), frameRate: 25)
    try writer?.append(Self.gradient(FrameSize(square: 16), .rgb))
    writer = nil
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
    await #expect(processExitsWith: .success) { [path = path as String] in
      // A limit on file size stands in for a full disk.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do {
        let writer = try VideoWriter(path: path, size: FrameSize(square: 256), frameRate: 25)
        var random = RandomStream(seed: 1)
        for _ in 0..<8 {
          let noise = (0..<256 * 256 * 3).map { _ in UInt8(random.below(256)) }
          try writer.append(Image(size: FrameSize(square: 256), channels: .rgb, pixels: noise))
        }
        try writer.finish()
        preconditionFailure("nothing failed")
      } catch let error as MediaError {
        precondition(error.kind == .inputOutput && error.path == path, "\(error)")
      }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
    #expect(try folder.names() == ["film.mp4"])
  }

  private static func gradient(_ size: FrameSize, _ channels: PixelChannels, shift: Int = 0) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<size.height {
      for x in 0..<size.width {
        pixels += [3 * x + shift, 4 * y, 2 * (x + y), 255 - x].prefix(channels.count).map { UInt8($0 & 0xff) }
      }
    }
    return Image(size: size, channels: channels, pixels: pixels)
  }
}
