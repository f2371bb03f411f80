import Foundation
import MAEFoundation
import TestSupport
import Testing

@Suite struct FolderTests {
  @Test("a folder is made with those above it", arguments: ["a", "a/b/c", "a//b/", "a/../b", "."])
  func isMadeWithThoseAboveIt(path: String) throws {
    let folder = TemporaryFolder()
    for _ in 0..<2 { try Folder.make(folder.path + "/" + path) }
    #expect(Folder.exists(folder.path + "/" + path))
  }

  @Test("what stands in the way is named") func whatStandsInTheWayIsNamed() throws {
    let folder = TemporaryFolder()
    try DurableFile.write("text", to: folder.path + "/file")
    for (path, word) in [
      (folder.path + "/file", "File exists"), (folder.path + "/file/below", "Not a directory"), ("/proc/none/here", "No such"),
      ("", "No such"),
    ] {
      let error = #expect(throws: FileError.self) { try Folder.make(path) }
      #expect(error?.kind == .cannotCreate && error?.description.contains(word) == true, "\(error?.description ?? "")")
    }
    #expect(!Folder.exists(folder.path + "/file") && !Folder.exists(folder.path + "/none"))
  }

  @Test(
    "the folder above a path",
    arguments: [("a/b", "a"), ("/a/b/c", "/a/b"), ("a", "."), ("/a", "/"), ("a/b/", "a"), ("/", "/"), ("a//b", "a/")])
  func parent(path: String, parent: String) { #expect(Folder.parent(of: path) == parent) }
}
