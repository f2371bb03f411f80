import Foundation
import MAEFoundation
import TestSupport
import Testing

/// What is written never takes the place of what is read.
@Suite struct SourceFilesTests {
  /// `media/photo.png`, links to it and to its folder, and `other/photo.png`, which is another file.
  private func folder() throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    for name in ["media/photo.png", "other/photo.png"] { try folder.write("same", to: name) }
    try folder.link("link.png", to: folder.path("media/photo.png"))
    try folder.link("place", to: folder.path("media"))
    try FileManager.default.linkItem(atPath: folder.path("media/photo.png"), toPath: folder.path("second.png"))
    return folder
  }

  @Test(
    "a file that is read is not replaced, whatever leads to it",
    arguments: [
      "media/photo.png", "media//./photo.png", "other/../media/photo.png", "place/photo.png", "link.png", "second.png",
    ], ["media/photo.png", "place/photo.png", "link.png", "media", "place"])
  func refused(target: String, source: String) throws {
    let folder = try folder()
    let error = #expect(throws: FileError.self) {
      try SourceFiles.requireKept(
        writing: [folder.path("new.png"), folder.path(target)], reading: [folder.path("nowhere"), folder.path(source)])
    }
    #expect(error?.kind == .cannotCreate && error?.path == folder.path(target))
    #expect(
      error?.reason == "is one of the files that are read, and would be replaced; give another folder with --output")
  }

  @Test("another file of the name, what is not there yet and folders are free")
  func free() throws {
    let folder = try folder()
    let targets = ["other/photo.png", "new.png", "nowhere/photo.png", "media"].map { folder.path($0) }
    try SourceFiles.requireKept(writing: targets, reading: [folder.path("media/photo.png"), folder.path("media")])
  }

  @Test("where nothing is there nobody asks what is read") func nothingThere() throws {
    let folder = try folder()
    var asked = 0
    func sources() -> [String] {
      asked += 1
      return [folder.path("media")]
    }
    try SourceFiles.requireKept(writing: [folder.path("new.png")], reading: sources())
    #expect(asked == 0)
    #expect(throws: FileError.self) {
      try SourceFiles.requireKept(writing: [folder.path("media/photo.png")], reading: sources())
    }
    #expect(asked == 1)
  }
}
