import Foundation
import MAEFoundation

/// The bytes of a file, mapped into memory: pages are read when touched and dropped when memory is short.
///
/// The file must not shrink while it is mapped. Our own writers never change a file in place: they rename a new one over it,
/// and the mapping keeps the old one alive.
@safe final class FileBytes: @unchecked Sendable {
  // Sendable because the mapping is read-only and lives as long as the object.
  private let base: UnsafeRawPointer?
  let count: Int
  let path: String

  init(path: String) throws(CheckpointError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw Self.openError(path, errno) }
    // Asked before opening, because opening a pipe would wait for a writer.
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(.unusable, file: path, reason: "is not an ordinary file")
    }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.openError(path, errno) }
    defer { close(descriptor) }
    guard unsafe fstat(descriptor, &status) == 0 else { throw Self.openError(path, errno) }
    count = Int(status.st_size)
    self.path = path
    guard count > 0 else {
      unsafe base = nil
      return
    }
    let mapped = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard unsafe mapped != MAP_FAILED else {
      throw CheckpointError(.inputOutput, file: path, reason: "cannot be mapped into memory (\(FileError.text(errno)))")
    }
    unsafe base = UnsafeRawPointer(mapped)
  }

  deinit {
    if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), count) }
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

  private static func openError(_ path: String, _ code: Int32) -> CheckpointError {
    switch code {
    case ENOENT, ENOTDIR: CheckpointError(.missing, file: path, reason: "there is no such file")
    default: CheckpointError(.missing, file: path, reason: "cannot be opened (\(FileError.text(code)))")
    }
  }
}
