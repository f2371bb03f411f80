import Foundation
import MAEFoundation
import TestSupport
import Testing

/// A file is there as a whole or not at all, whatever happens while it is written.
@Suite struct AtomicFileTests {
  @Test("what is written is read", arguments: [0, 1, 3, 129, 70_001])
  func whatIsWrittenIsRead(count: Int) throws {
    let folder = TemporaryFolder()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for _ in 0..<2 { try DurableFile.write(bytes, to: folder.path + "/file") }
    #expect(try DurableFile.bytes(of: folder.path + "/file") == bytes)
    #expect(try folder.names() == ["file"])
  }

  @Test("nothing is there before the commit") func nothingIsThereBeforeTheCommit() throws {
    let folder = TemporaryFolder()
    do {
      let file = try AtomicFile(path: folder.path + "/file")
      try file.write(Array("part".utf8))
      #expect(try folder.names().filter { !AtomicFile.isLeftover($0) } == [])
    }
    #expect(try folder.names() == [])
  }

  @Test("the beginning can be written again") func theBeginningCanBeWrittenAgain() throws {
    let folder = TemporaryFolder()
    let file = try AtomicFile(path: folder.path + "/file")
    try file.write(Array("0 rows".utf8))
    try file.overwriteStart(Array("7".utf8))
    try file.write(Array(".".utf8))
    try file.commit()
    #expect(try DurableFile.text(of: folder.path + "/file") == "7 rows.")
  }

  @Test("a write that fails leaves the old file") func aWriteThatFailsLeavesTheOldFile() async throws {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      let path = folder.path + "/file"
      try DurableFile.write("old", to: path)
      // A limit on file size stands in for a full disk.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do throws(FileError) {
        try DurableFile.write([UInt8](repeating: 1, count: 1001), to: path)
        preconditionFailure("nothing failed")
      } catch {
        precondition(error.kind == .inputOutput && error.path == path, "\(error)")
      }
      let (text, names) = (try DurableFile.text(of: path), try folder.names())
      precondition(text == "old" && names == ["file"])
    }
  }

  @Test("a kill leaves the old file or the new one") func aKillLeavesTheOldFileOrTheNewOne() async throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/file"
    let contents = [UInt8(1), 2].map { [UInt8](repeating: $0, count: 300_000) }
    try DurableFile.write(contents[0], to: path)
    for round in 0..<8 {
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, round = round as Int] in
        Thread {
          usleep(UInt32(300 + 700 * round))
          kill(getpid(), SIGKILL)
        }.start()
        while true {
          for value in [UInt8(1), 2] { try DurableFile.write([UInt8](repeating: value, count: 300_000), to: path) }
        }
      }
      #expect(contents.contains(try DurableFile.bytes(of: path)), "round \(round)")
      #expect(try folder.names().allSatisfy { $0 == "file" || AtomicFile.isLeftover($0) })
    }
    AtomicFile.removeLeftovers(in: folder.path)
    #expect(try folder.names() == ["file"])
  }

  @Test("only files are replaced") func onlyFilesAreReplaced() throws {
    let folder = TemporaryFolder()
    for path in [folder.path, "/dev/null"] {
      let error = #expect(throws: FileError.self) { try DurableFile.write("text", to: path) }
      #expect(error?.kind == .cannotCreate && error?.path == path)
    }
  }

  @Test(
    "leftovers are known by their names",
    arguments: [
      (".7.partial", true), (".4294967295.partial", true), ("7.partial", false), (".x.partial", false), (".7", false),
    ])
  func leftoversAreKnownByTheirNames(name: String, isOurs: Bool) { #expect(AtomicFile.isLeftover(name) == isOurs) }

  @Test("what is missing is not the same as what cannot be read") func whatIsMissingIsNotTheSameAsWhatCannotBeRead() throws {
    let folder = TemporaryFolder()
    #expect(try DurableFile.text(of: folder.path + "/nothing") == nil)
    #expect(#expect(throws: FileError.self) { try DurableFile.bytes(of: folder.path + "/nothing") }?.kind == .missing)
    #expect(#expect(throws: FileError.self) { try DurableFile.bytes(of: folder.path) }?.kind == .unusable)
  }
}
