import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import MAEReports
import TestSupport
import Testing

@Suite struct FilmTests {
  /// Two frames: dark, then bright.
  private var pictures: ReconstructionPictures {
    let size = FrameSize(width: 113, height: 75)
    let frames = [UInt8(40), 210].map { Image(size: size, filledWith: [$0, $0, $0]) }
    return ReconstructionPictures(
      title: "a.mp4", original: frames, masked: frames, reconstruction: frames, caption: ["VideoMAE"], times: [0, 0.25],
      frameRate: 4)
  }

  @Test("the film plays in order, again and again for three seconds, with the pictures where the single frame has them")
  func film() throws {
    let folder = TemporaryFolder()
    let path = folder.path("film.mp4")
    try ComparisonVideo.write(pictures, to: path)
    let reader = try VideoReader(path: path)
    #expect(reader.info.frameCount == 12)
    #expect(abs((reader.info.duration) - 3) < 0.05)
    let drawn = ComparisonVideo.frame(0, of: pictures)
    #expect(reader.info.size == drawn.size)
    #expect(drawn.size.width.isMultiple(of: 2) && drawn.size.height.isMultiple(of: 2))

    let film = try reader.clip(at: [0, 1, 10, 11].map(FrameNumber.init), size: nil)
    for (position, shade) in [(0, 40), (1, 210), (2, 40), (3, 210)] {
      let frame = film.frame(position)
      let reference = ComparisonVideo.frame(position % 2, of: pictures)
      for (x, y) in [(100, 100), (400, 100), (600, 100)] {
        let offset = frame.offset(x: x, y: y)
        #expect(Int(reference.pixels[offset]) == shade)
        #expect(abs(Int(frame.pixels[offset]) - shade) < 8, "frame \(position) at \(x), \(y)")
      }
    }
  }

  @Test("a film that cannot be written is an error that names the file")
  func unwritable() {
    let error = #expect(throws: FileError.self) { try ComparisonVideo.write(pictures, to: "/nonexistent/film.mp4") }
    #expect(error?.description.contains("/nonexistent/film.mp4") == true)
  }
}
