import Foundation
import MAEFoundation
import Synchronization
import TestSupport
import Testing

@Suite("a read that fails for a moment is done again")
struct PatientFileTests {
  private let folder = TemporaryFolder()

  /// A file of ten bytes whose reads fail as `failures` say, one after the other, and then give three bytes at a time.
  private func read(failures: [Int32]) throws -> [UInt8] {
    try Data(0..<10).write(to: URL(fileURLWithPath: folder.path("a")))
    let left = Mutex(failures)
    var file = try unsafe PatientFile(path: folder.path("a")) { descriptor, buffer, offset in
      if let failure = left.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        errno = failure
        return -1
      }
      return unsafe pread(descriptor, buffer.baseAddress, min(3, buffer.count), offset)
    }
    return try file.read(file.size)
  }

  @Test("passing failures", arguments: [[], [EINTR], [EIO, EIO], [ESTALE], [ETIMEDOUT, EIO, ESTALE]])
  func passing(failures: [Int32]) throws { #expect(try read(failures: failures) == Array(0..<10)) }

  @Test("what goes on failing is an error, never a shorter file", arguments: [EIO, ESTALE, ETIMEDOUT, EHOSTDOWN, ENOTCONN])
  func lasting(number: Int32) throws {
    #expect(throws: SystemError(number)) { try read(failures: Array(repeating: number, count: 1 + PatientFile.pauses.count)) }
  }

  @Test("other failures are not repeated") func other() throws {
    #expect(throws: SystemError(EBADF)) { try read(failures: [EBADF]) }
  }

  @Test("a part of a file is read as a file that ends where the part does") func part() throws {
    try Data(0..<10).write(to: URL(fileURLWithPath: folder.path("a")))
    var part = try PatientFile(path: folder.path("a")).part(3..<7)
    #expect(part.size == 4)
    #expect(try part.read(9, at: 1) == [4, 5, 6])
    #expect(try part.read(2, at: 4).isEmpty)
    var bytes = [UInt8](repeating: 99, count: 8)
    for (offset, count) in [(0, 4), (2, 2), (4, 0), (9, 0)] {
      let read = unsafe try bytes.withUnsafeMutableBytes { unsafe try part.read(into: $0, at: offset) }
      #expect(read == count)
      #expect(Array(bytes[..<count]) == Array((3..<7).map(UInt8.init).dropFirst(offset)))
    }
    #expect(bytes[4...].allSatisfy { $0 == 99 })
  }

  @Test("parts, and more than there is") func parts() throws {
    try Data(0..<10).write(to: URL(fileURLWithPath: folder.path("a")))
    var file = try PatientFile(path: folder.path("a"))
    #expect(try file.read(3, at: 8) == [8, 9])
    #expect(try file.read(3, at: 12).isEmpty)
    #expect(throws: SystemError(EINVAL)) { _ = try PatientFile(path: folder.path) }
    #expect(throws: SystemError(ENOENT)) { _ = try PatientFile(path: folder.path("b")) }
  }
}
