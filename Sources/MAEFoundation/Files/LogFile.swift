import Foundation

/// A text file that grows line by line: each is handed to the system as a whole, and survives the process but perhaps not a loss
/// of power.
package final class LogFile: Sendable {
  private let path: String
  private let descriptor: Int32

  /// Opens a file to be continued; it is made if need be.
  package init(path: String) throws(FileError) {
    self.path = path
    descriptor = unsafe path.withPath { unsafe open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw FileError(.cannotCreate, path, "cannot be opened for writing", code: errno) }
  }

  deinit { close(descriptor) }

  package func append(_ line: String) throws(FileError) { try unsafe append(Array((line + "\n").utf8).span.bytes) }

  package func append(_ bytes: RawSpan) throws(FileError) {
    let failure = unsafe bytes.withUnsafeBytes { unsafe AtomicFile.write($0, to: descriptor) }
    guard failure == 0 else { throw FileError(.inputOutput, path, "cannot be written", code: failure) }
  }

  /// Cuts what stands behind the first `count` bytes.
  package func truncate(to count: Int) throws(FileError) {
    guard ftruncate(descriptor, count) == 0 else { throw FileError(.inputOutput, path, "cannot be cut", code: errno) }
  }
}
