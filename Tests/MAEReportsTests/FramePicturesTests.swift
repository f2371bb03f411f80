import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import MAEReports
import TestSupport
import Testing

@Suite("frames of videos and of stills are what training sees")
struct FramePicturesTests {
  private let folder = TemporaryFolder()

  private func make(_ name: String, _ options: [String] = []) throws -> String {
    let path = folder.path(name)
    try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=s=48x32:r=25:d=0.4,setsar=2"] + options + [path])
    return path
  }

  @Test("a still is read upright, by the reader of stills")
  func still() throws {
    let path = try make("turned.jpg", ["-frames:v", "1", "-q:v", "2"])
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let exif = Array("Exif\0\0MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
    bytes.insert(contentsOf: [0xff, 0xe1, 0, UInt8(exif.count + 2)] + exif, at: 2)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let expected = try StillReader.read(path: path)
    #expect(expected.size == FrameSize(width: 32, height: 48))
    for choice in [FramePictures.Choice.numbers([0]), .times([0]), .clip(frames: 3, stride: 2)] {
      let pictures = try FramePictures(path, choice)
      for slot in 0..<pictures.frames.frameCount { #expect(pictures.frames.frame(slot) == expected) }
    }
    #expect(try FramePictures(path, .clip(frames: 3, stride: 2)).remark?.contains("1 picture shows all of it") == true)
    for choice in [FramePictures.Choice.numbers([1]), .times([0.1])] {
      let error = #expect(throws: (any Error).self) { try FramePictures(path, choice) }
      #expect(error.map { "\($0)" }?.contains("it is a still") == true)
    }
  }

  @Test("a picture is not written over the one that it is of")
  func ownPicture() throws {
    for (name, withSheet) in [("frame-000000.png", false), ("sheet.png", true)] {
      let path = try make(name, ["-frames:v", "1"])
      let before = try folder.data(name)
      let pictures = try FramePictures(path, .numbers([0]))
      let error = #expect(throws: FileError.self) { try pictures.write(to: folder.path + "/.", withSheet: withSheet) }
      #expect(error?.kind == .cannotCreate && error?.description.contains(name) == true)
      #expect(try folder.data(name) == before)
      #expect(try pictures.write(to: folder.path("elsewhere"), withSheet: true).count == 2)
      try FileManager.default.removeItem(atPath: path)
    }
    #expect(try folder.names() == ["elsewhere"])
  }

  @Test("a still whose end is missing is refused as in training")
  func cutStill() throws {
    let path = try make("cut.jpg", ["-frames:v", "1"])
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.prefix(whole.count * 2 / 3).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: MediaError.self) { try FramePictures(path, .numbers([0])) }
    let expected = #expect(throws: MediaError.self) { try StillReader.read(path: path) }
    #expect(error == expected)
  }

  @Test("a video's frames by number and time")
  func video() throws {
    let path = try make("film.mkv", ["-c:v", "ffv1"])
    let reader = try VideoReader(path: path)
    let pictures = try FramePictures(path, .times([0.2, 0]))
    #expect(pictures.numbers == [FrameNumber(5), FrameNumber(0)])
    #expect(pictures.frames == (try reader.clip(at: pictures.numbers)))
    #expect(try FramePictures(path, .numbers([3]), squarePixels: true).frames.size == FrameSize(width: 96, height: 32))
    #expect(throws: (any Error).self) { try FramePictures(path, .numbers([10])) }
  }
}
