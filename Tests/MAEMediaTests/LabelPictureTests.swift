import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

@Suite("label pictures are numbers, whatever their colours")
struct LabelPictureTests {
  private let folder = TemporaryFolder()

  @Test("an indexed PNG keeps every number but 255", arguments: [FrameSize(width: 37, height: 21), FrameSize(square: 1)])
  func indexed(size: FrameSize) throws {
    let labels = LabelPicture(size: size, ids: (0..<size.pixelCount).map { UInt8($0 * 7 % 255) })
    let path = folder.path("labels.png")
    try labels.writePNG(to: path)
    #expect(try LabelPicture(path: path) == labels)
    var void = labels
    void.ids[0] = 255
    try void.writePNG(to: path)
    #expect(try LabelPicture(path: path).ids[0] == 0)
  }

  @Test("other programs see DAVIS's colours")
  func colours() throws {
    let path = folder.path("labels.png")
    try LabelPicture(size: FrameSize(width: 4, height: 2), ids: [0, 1, 2, 3, 4, 5, 8, 9]).writePNG(to: path)
    #expect(
      try FFmpegProgram.frames(of: path) == [
        0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, 0, 0, 128, 128, 0, 128, 64, 0, 0, 191, 0, 0,
      ])
  }

  @Test("a grey picture's levels are its numbers, and a white mask is object 1")
  func grey() throws {
    let (path, size) = (folder.path("grey.png"), FrameSize(width: 3, height: 1))
    for (levels, ids) in [([0, 7, 19], [0, 7, 19]), ([0, 255, 0], [0, 1, 0]), ([0, 7, 255], [0, 7, 0])] as [([UInt8], [UInt8])] {
      try PictureWriter.writePNG(Image(size: size, channels: .grey, pixels: levels), to: path)
      #expect(try LabelPicture(path: path).ids == ids)
    }
  }

  @Test("a picture of colours is refused with what to do")
  func coloured() throws {
    let path = folder.path("colours.png")
    try PictureWriter.writePNG(Image(size: FrameSize(square: 4), filledWith: [128, 0, 0]), to: path)
    let error = #expect(throws: MediaError.self) { try LabelPicture(path: path) }
    #expect(error?.kind == .unusable && error?.description.contains("indexed PNG") == true)
  }
}
