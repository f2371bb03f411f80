import Foundation

/// Reads a file although disks and networks fail for moments: what may pass (``SystemError/mayPass``) is tried again, a few times
/// after growing pauses. A read that fails in the end is an error, never the end of the file.
@safe public struct PatientFile: ~Copyable {
  /// Seconds before each further attempt.
  public static let pauses = [0.05, 0.25, 1]
  /// Bytes after which a long read counts as getting on.
  private static let stretch = 4 << 20

  /// Reads up to `buffer.count` bytes at an offset, as `pread` does; tests put failures here.
  package typealias Reading = (_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) -> Int

  /// Of the file.
  public let path: String
  private var descriptor: Int32
  private let reading: Reading
  private let status: stat
  /// The bytes that count, where they are not all of the file.
  private var window: Range<Int>?

  /// Opens a regular file.
  ///
  /// - Throws: ``SystemError``; `EINVAL` for what is no regular file.
  public init(path: String) throws(SystemError) {
    unsafe try self.init(path: path) { unsafe pread($0, $1.baseAddress, $1.count, $2) }
  }

  package init(path: String, reading: @escaping Reading) throws(SystemError) {
    let (descriptor, status) = try Self.retrying { () throws(SystemError) in try Self.open(path) }
    self.path = path
    self.descriptor = descriptor
    self.status = status
    unsafe self.reading = reading
  }

  deinit { close(descriptor) }

  /// Bytes of the file, or of the part of it, when it was opened.
  public var size: Int { window?.count ?? Int(status.st_size) }

  /// Of the whole file when it was opened.
  package var version: FileVersion { FileVersion(status) }

  /// The bytes at `range` as a file of their own, with offsets from its beginning: a member of an archive.
  package consuming func part(_ range: Range<Int>) -> PatientFile {
    var file = self
    file.window = range
    return file
  }

  /// The whole file mapped into memory, to be unmapped by the caller; nil for an empty one.
  package func mapped() throws(SystemError) -> UnsafeMutableRawPointer? {
    precondition(window == nil, "PatientFile: mapping a part of \(path)")
    guard size > 0 else { return nil }
    let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard unsafe address != MAP_FAILED else { throw SystemError(errno) }
    return unsafe address
  }

  /// The `count` bytes at `offset`, fewer where the file ends.
  public mutating func read(_ count: Int, at offset: Int = 0) throws(SystemError) -> [UInt8] {
    let wanted = max(0, min(count, size - offset))
    var failure: SystemError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      do throws(SystemError) {
        while filled < wanted {
          if filled > 0 { Progress.current?.advance() }
          let part = unsafe UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<min(wanted, filled + Self.stretch)])
          let read = try unsafe read(into: part, at: offset + filled)
          if read == 0 { break }
          filled += read
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads bytes from `offset` on, perhaps fewer than the buffer takes; returns how many, 0 at the end.
  package mutating func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
    try Self.retrying { () throws(SystemError) in unsafe try readOnce(into: buffer, at: offset) }
  }

  private mutating func readOnce(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
    let count = min(buffer.count, window.map { max(0, $0.count - offset) } ?? .max)
    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    let read = unsafe reading(descriptor, rest, (window?.lowerBound ?? 0) + offset)
    guard read < 0 else { return read }
    let error = SystemError(errno)
    // A server that was restarted knows the open file no longer; opening it anew gives another handle on the same file.
    if error.number == ESTALE, let (reopened, found) = try? Self.open(path) {
      guard found.st_ino == status.st_ino, found.st_size == status.st_size else {
        close(reopened)
        throw error
      }
      close(descriptor)
      descriptor = reopened
    }
    throw error
  }

  private static func open(_ path: String) throws(SystemError) -> (Int32, stat) {
    var status = stat()
    // Asked before opening, because opening a pipe would wait for a writer.
    guard unsafe path.withPath({ unsafe stat($0, &status) }) == 0 else { throw SystemError(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError(EINVAL) }
    let descriptor = unsafe path.withPath { unsafe Foundation.open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw SystemError(errno) }
    guard unsafe fstat(descriptor, &status) == 0 else {
      let error = SystemError(errno)
      close(descriptor)
      throw error
    }
    return (descriptor, status)
  }

  private static func retrying<Result>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    var pauses = Self.pauses[...]
    while true {
      do {
        return try body()
      } catch {
        if error.number == EINTR { continue }
        guard error.mayPass, let pause = pauses.popFirst() else { throw error }
        Thread.sleep(forTimeInterval: pause)
      }
    }
  }
}
