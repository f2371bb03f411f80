import Foundation
import MAECheckpoint
import MAEFoundation
import Testing

/// What happens to the old file when a new one cannot be written.
@Suite struct WritingTests {
  private let old = { () -> StateDictionary in
    var state = StateDictionary()
    state["old"] = StoredTensor(shape: [2], floats: [1, 2])
    return state
  }()

  @Test("missing folder") func missingFolder() throws {
    let error = #expect(throws: FileError.self) {
      try SafeTensorsWriter.write(old, to: "/nonexistent-folder/model.safetensors")
    }
    #expect(error?.kind == .cannotCreate)
    #expect(
      error?.description
        == "/nonexistent-folder/model.safetensors: cannot be created (No such file or directory); choose another place")
  }

  @Test("failure half way leaves the old file") func failureHalfWayLeavesTheOldFile() async {
    await #expect(processExitsWith: .success) {
      try withFolder { folder in
        let path = folder + "/model.safetensors"
        var old = StateDictionary()
        old["old"] = StoredTensor(shape: [2], floats: [1, 2])
        try SafeTensorsWriter.write(old, to: path)
        // A limit on file size stands in for a full disk.
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        var large = StateDictionary()
        large["new"] = StoredTensor(shape: [100_000], floats: [Float](repeating: 1, count: 100_000))
        do throws(FileError) {
          try SafeTensorsWriter.write(large, to: path)
          preconditionFailure("nothing failed")
        } catch {
          precondition(error.kind == .inputOutput, "\(error)")
        }
        let names = try SafeTensorsReader.read(path: path).names
        precondition(names == ["old"])
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        precondition(files == ["model.safetensors"])
      }
    }
  }

  @Test("reading own file while replacing it") func readingOwnFileWhileReplacingIt() throws {
    try withFolder { folder in
      let path = folder + "/model.safetensors"
      try SafeTensorsWriter.write(old, to: path)
      let read = try SafeTensorsReader.read(path: path)
      try SafeTensorsWriter.write(read, to: path)
      expectIdentical(try SafeTensorsReader.read(path: path), old)
      #expect(read["old"]?.floats() == [1, 2])
    }
  }
}
