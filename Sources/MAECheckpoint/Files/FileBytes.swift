import Foundation
import MAEFoundation

/// The bytes of a file, mapped into memory: pages are read when touched and dropped when memory is short.
///
/// A page that cannot be read when it is touched would end the program, so ranges are read once by ``prepare(_:)`` before they
/// are looked at: there a failure is an error, after it was tried again a few times.
///
/// The file must not shrink while it is mapped. Our own writers never change a file in place: they rename a new one over it,
/// and the mapping keeps the old one alive.
@safe package final class FileBytes: @unchecked Sendable {
  // Sendable because the mapping is read-only and lives as long as the object, and the open file is behind a lock.
  private let base: UnsafeRawPointer?
  let count: Int
  let path: String
  /// Nil after ``endReading()``.
  private var file: PatientFile?
  private let lock = NSLock()

  package convenience init(path: String) throws(CheckpointError) {
    try self.init(path: path) { () throws(SystemError) in try PatientFile(path: path) }
  }

  /// - Parameter opening: opens the file; tests put failures here.
  package init(path: String, opening: () throws(SystemError) -> PatientFile) throws(CheckpointError) {
    do throws(SystemError) {
      let file = try opening()
      self.path = path
      count = file.size
      unsafe base = try file.mapped().map { UnsafeRawPointer($0) }
      self.file = .some(consume file)
    } catch {
      throw Self.openError(path, error)
    }
  }

  deinit {
    if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), count) }
  }

  /// Lets go of the open file, of which a process has not many; what was prepared stays.
  func endReading() {
    lock.lock()
    defer { lock.unlock() }
    file = nil
  }

  /// Makes sure that a range can be read; after ``endReading()`` does nothing.
  ///
  /// - Throws: ``CheckpointError`` when it cannot, or the file became shorter.
  /// - Precondition: `range` lies inside the file.
  func prepare(_ range: Range<Int>) throws(CheckpointError) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "FileBytes: bytes \(range) of \(count)")
    lock.lock()
    defer { lock.unlock() }
    let chunk = 1 << 20
    for start in stride(from: range.lowerBound, to: range.upperBound, by: chunk) {
      let wanted = min(chunk, range.upperBound - start)
      let read: Int
      do throws(SystemError) { read = try file?.read(wanted, at: start).count ?? wanted } catch {
        throw CheckpointError(
          .inputOutput, file: path, reason: "cannot be read (\(error)), after several attempts; see to its disk or network")
      }
      guard read == wanted else { throw .unusable(path, "became shorter while it was read; copy or download it again") }
    }
  }

  /// - Precondition: `offset` lies inside the file.
  subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count, "FileBytes: byte \(offset) of \(count)")
    return unsafe base!.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// - Precondition: the eight bytes lie inside the file.
  func littleEndianInteger<I: FixedWidthInteger>(at offset: Int, as type: I.Type = I.self) -> I {
    precondition(offset >= 0 && offset <= count - MemoryLayout<I>.size, "FileBytes: bytes from \(offset) of \(count)")
    return unsafe I(littleEndian: base!.loadUnaligned(fromByteOffset: offset, as: I.self))
  }

  /// - Precondition: `range` lies inside the file.
  func withBytes<R, E: Error>(_ range: Range<Int>, _ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "FileBytes: bytes \(range) of \(count)")
    let buffer = unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + range.lowerBound }, count: range.count)
    return try unsafe body(buffer.bytes)
  }

  /// A copy.
  func array(_ range: Range<Int>) -> [UInt8] {
    withBytes(range) { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
  }

  private static func openError(_ path: String, _ error: SystemError) -> CheckpointError {
    switch error.number {
    case ENOENT, ENOTDIR: CheckpointError(.missing, file: path, reason: "there is no such file")
    case EINVAL: CheckpointError(.unusable, file: path, reason: "is not an ordinary file")
    case _ where error.mayPass:
      CheckpointError(
        .inputOutput, file: path, reason: "cannot be opened (\(error)), after several attempts; see to its disk or network")
    default: CheckpointError(.missing, file: path, reason: "cannot be opened (\(error))")
    }
  }
}
