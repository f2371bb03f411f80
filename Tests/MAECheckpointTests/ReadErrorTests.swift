import Foundation
import MAECheckpoint
import MAEFoundation
import Synchronization
import Testing

/// Disks and networks that fail for a moment, or for good.
@Suite struct ReadErrorTests {
  /// Reads as the system does, but the calls of these numbers fail.
  private func open(
    _ name: String, failing calls: Set<Int>, with code: Int32, _ counter: CallCounter = CallCounter()
  ) throws -> FileBytes {
    let path = fixture(name)
    return try FileBytes(path: path) { () throws(SystemError) in
      try PatientFile(path: path) { descriptor, buffer, offset in
        guard !calls.contains(counter.next()) else {
          errno = code
          return -1
        }
        // A few bytes at a time, as some file systems do.
        return unsafe pread(descriptor, buffer.baseAddress, min(buffer.count, 3000), offset)
      }
    }
  }

  @Test(
    "what passes is read again", arguments: [EIO, ESTALE, ETIMEDOUT],
    ["people/key-net.pth", "legacy.pth", "people/odd.safetensors"])
  func passing(code: Int32, name: String) throws {
    let counter = CallCounter()
    let state = try WeightFile.read(open(name, failing: [2, 3], with: code, counter)).state
    expectIdentical(state, try WeightFile.read(path: fixture(name)).state)
    #expect(counter.count > 4)
  }

  @Test("what does not pass is an error, never the end of the file", arguments: [EIO, ESTALE])
  func lasting(code: Int32) throws {
    for first in [0, 1, 4] {
      let error = try #require(
        failure { try WeightFile.read(open("people/odd.safetensors", failing: Set(first..<first + 4), with: code)).state })
      #expect(error.kind == .inputOutput && error.reason.contains("several attempts"), "\(error)")
    }
  }

  @Test("a file that shrinks is no shorter file") func aFileThatShrinksIsNoShorterFile() throws {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      try FileManager.default.copyItem(atPath: fixture("people/odd.safetensors"), toPath: path)
      let file = try WeightFile.read(FileBytes(path: path))
      try FileHandle(forWritingTo: URL(fileURLWithPath: path)).truncate(atOffset: 5000)
      #expect(failure { try file.state }?.reason.contains("became shorter") == true)
    }
  }
}

/// Counts calls of several threads.
private final class CallCounter: Sendable {
  private let value = Mutex(0)
  var count: Int { value.withLock { $0 } }

  func next() -> Int {
    value.withLock {
      $0 += 1
      return $0 - 1
    }
  }
}
