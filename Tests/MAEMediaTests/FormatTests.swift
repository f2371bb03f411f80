import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("each format of the installed FFmpeg is read or has a reason against it")
struct FormatTests {
  private let folder = TemporaryFolder()

  @Test("no format is forgotten, and none is both")
  func everyFormat() throws {
    let lines = String(decoding: try FFmpegProgram.run(["-demuxers"]), as: UTF8.self).split(separator: "\n")
    let names = lines.filter { $0.hasPrefix(" D") }.map { String($0.split(separator: " ")[1]) }.filter { $0 != "=" }
    for name in names {
      let reasons = MediaFormats.reasons(against: name)
      #expect(MediaFormats.isRead(name) == reasons.isEmpty && reasons.count <= 1, "\(name): \(reasons)")
    }
    #expect(names.count > 200)
  }

  /// A recorder's file: our own muxer of twenty lines over an H.264 stream.
  @Test("DHAV of a recorder")
  func recorder() throws {
    let path = try #require(Bundle.module.url(forResource: "Fixtures/recorder", withExtension: "dav")).path
    #expect(try MediaProbe.kind(of: path) == .video)
    let reader = try VideoReader(path: path)
    #expect(reader.info.frameCount == 50)
    #expect(reader.info.size == FrameSize(width: 96, height: 64))
    #expect(reader.info.container == "dhav")
    #expect(reader.info.duration == 2 && reader.info.frameRate == 25)
    try FrameComparison.compare(path, .init(), crops: false)
  }

  @Test("raw motion JPEG is a video by its content; pictures with others behind them are stills")
  func motionJPEG() throws {
    let raw = folder.path("camera.bin")
    try FFmpegProgram.run([
      "-f", "lavfi", "-i", "testsrc2=s=96x64:r=15:d=1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "mjpeg", raw,
    ])
    #expect(try MediaProbe.kind(of: raw) == .video)
    #expect(try VideoReader(path: raw).info.frameCount == 15)
    let expected = try FFmpegProgram.run(["-f", "mjpeg", "-i", raw, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"])
    let reader = try VideoReader(path: raw)
    #expect(try reader.clip(at: (0..<15).map(FrameNumber.init)).pixels == expected)

    var pictures: [Data] = []
    for size in ["96x64", "96x64", "48x32"] {
      let path = folder.path("\(pictures.count).jpg")
      try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=s=\(size)", "-frames:v", "1", path])
      pictures.append(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    for parts in [[0], [0, 1], [0, 2], [0, 2, 2]] {
      let path = folder.path("photo.jpg")
      try parts.map { pictures[$0] }.reduce(Data(), +).write(to: URL(fileURLWithPath: path))
      #expect(try MediaProbe.kind(of: path) == .still, "\(parts)")
    }
  }

  @Test("multipart motion JPEG")
  func multipart() throws {
    let path = folder.path("camera.mjpg")
    try FFmpegProgram.run([
      "-f", "lavfi", "-i", "testsrc2=s=96x64:r=15:d=1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "mpjpeg", path,
    ])
    #expect(try MediaProbe.kind(of: path) == .video)
    #expect(try VideoReader(path: path).info.frameCount == 15)
  }
}
