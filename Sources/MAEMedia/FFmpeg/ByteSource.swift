import Foundation
import MAEFoundation

/// Where the bytes of a media file come from.
package protocol ByteSource: AnyObject {
  /// Bytes in all.
  func size() throws(ReadError) -> Int64
  /// Reads bytes from `offset` on; returns how many, 0 at the end.
  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int
  /// Called after a read that failed and before it is tried again.
  func recover(from error: ReadError)
}

/// A system call that failed, by its `errno`.
package struct ReadError: Error, Hashable {
  package var number: Int32
  package init(_ number: Int32) { self.number = number }

  /// Whether the same read may succeed a little later, as on a network drive or a tired disk.
  package var mayPass: Bool {
    [
      EIO, ESTALE, ETIMEDOUT, EAGAIN, EBUSY, ENOBUFS, EREMOTEIO, ENOTCONN, ECONNRESET, ECONNABORTED, EHOSTDOWN, EHOSTUNREACH,
      ENETDOWN, ENETUNREACH,
    ].contains(number)
  }

  /// Seconds to wait before each further try.
  package static let pauses = [0.05, 0.25, 1]
}

extension MediaError {
  /// The storage failed, as far as is known, and not the file.
  package var isReadError: Bool { ReadError(-code.rawValue).mayPass }
}

/// Tries again what failed for a reason that may pass, a few times, with growing pauses.
package func retrying<Value>(
  recover: (ReadError) -> Void = { _ in }, _ body: () throws(ReadError) -> Value
) throws(ReadError) -> Value {
  for pause in ReadError.pauses {
    do throws(ReadError) { return try body() } catch {
      guard error.mayPass else { throw error }
      Thread.sleep(forTimeInterval: pause)
      recover(error)
    }
  }
  return try body()
}

/// A regular file that is open for reading.
final class OpenFile: ByteSource {
  private let path: String
  private var descriptor: Int32
  private var position: Int64 = 0

  init(path: String) throws(ReadError) {
    self.path = path
    descriptor = try retrying { () throws(ReadError) in
      let descriptor = unsafe path.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
      guard descriptor >= 0 else { throw ReadError(errno) }
      return descriptor
    }
  }

  deinit { close(descriptor) }

  /// Whether it is a file of bytes, and not a folder, a pipe or a device.
  func isRegular() throws(ReadError) -> Bool { try status().st_mode & S_IFMT == S_IFREG }

  func size() throws(ReadError) -> Int64 { try Int64(status().st_size) }

  private func status() throws(ReadError) -> stat {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw ReadError(errno) }
    return status
  }

  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    if offset != position {
      guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw ReadError(errno) }
      position = offset
    }
    while true {
      let count = unsafe Foundation.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        position += Int64(count)
        return count
      }
      if errno != EINTR { throw ReadError(errno) }
    }
  }

  /// A handle to a file that a server has replaced never works again; the path may.
  func recover(from error: ReadError) {
    guard error.number == ESTALE else { return }
    let again = unsafe path.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    guard again >= 0 else { return }
    close(descriptor)
    descriptor = again
    position = 0
  }
}
