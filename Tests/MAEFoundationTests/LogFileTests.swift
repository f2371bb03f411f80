import Foundation
import MAEFoundation
import TestSupport
import Testing

@Suite struct LogFileTests {
  @Test("a log grows by lines and is continued") func growsByLinesAndIsContinued() throws {
    let folder = TemporaryFolder()
    for part in [["one", ""], ["three"]] {
      let log = try LogFile(path: folder.path + "/log")
      for line in part { try log.append(line) }
    }
    #expect(try DurableFile.text(of: folder.path + "/log") == "one\n\nthree\n")
  }

  @Test("a full disk is said") func aFullDiskIsSaid() throws {
    let log = try LogFile(path: "/dev/full")
    let error = #expect(throws: FileError.self) { try log.append("line") }
    #expect(error?.kind == .inputOutput)
    #expect(error?.description == "/dev/full: cannot be written: the disk is full; free some space and start again")
  }
}
