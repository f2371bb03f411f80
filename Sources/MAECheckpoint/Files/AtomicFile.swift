import Foundation

/// Writes a file under a temporary name beside its place, syncs it and renames it: readers see the old file or the whole
/// new one, whatever happens in between.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let temporary: String
  private var descriptor: Int32

  package init(path: String) throws(CheckpointError) {
    self.path = path
    temporary = "\(path).\(UInt32.random(in: .min ... .max)).partial"
    descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CheckpointError(.cannotCreate, file: path, reason: "cannot be created (\(systemText(errno)))")
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unsafe unlink(temporary)
  }

  package func write(_ bytes: RawSpan) throws(CheckpointError) {
    let failure: Int32 = unsafe bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        // One call moves at most 2 GB.
        let written = unsafe Foundation.write(descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30))
        if written < 0 {
          if errno == EINTR { continue }
          return errno
        }
        done += written
      }
      return 0
    }
    guard failure == 0 else { throw writeError(failure) }
  }

  package func write(_ bytes: [UInt8]) throws(CheckpointError) { try unsafe write(bytes.span.bytes) }

  /// Replaces bytes at the beginning; what is written next still goes to the end.
  func overwriteStart(_ bytes: [UInt8]) throws(CheckpointError) {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw writeError(errno) }
    try write(bytes)
    guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw writeError(errno) }
  }

  /// Puts the file in its place, durably.
  package consuming func commit() throws(CheckpointError) {
    guard fsync(descriptor) == 0 else { throw writeError(errno) }
    close(descriptor)
    descriptor = -1
    guard unsafe rename(temporary, path) == 0 else {
      let code = errno
      unsafe unlink(temporary)
      throw CheckpointError(.cannotCreate, file: path, reason: "cannot be put in place (\(systemText(code)))")
    }
    try syncFolder(of: path)
  }

  private func writeError(_ code: Int32) -> CheckpointError {
    let full = code == ENOSPC || code == EDQUOT
    let reason = full ? "the disk is full; free some space and start again" : "writing failed (\(systemText(code)))"
    return CheckpointError(.inputOutput, file: path, reason: reason)
  }
}

/// Makes a rename inside the folder of `path` durable.
func syncFolder(of path: String) throws(CheckpointError) {
  let slash = path.lastIndex(of: "/")
  try sync(slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
}

/// Makes the files in `folder`, and the folder itself, durable.
func syncContents(of folder: String) throws(CheckpointError) {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  for name in names { try sync(join(folder, name)) }
  try sync(folder)
}

private func sync(_ path: String) throws(CheckpointError) {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw CheckpointError(.inputOutput, file: path, reason: "cannot be opened (\(systemText(errno)))")
  }
  defer { close(descriptor) }
  // Some file systems cannot sync a folder and say EINVAL.
  guard fsync(descriptor) == 0 || errno == EINVAL else {
    throw CheckpointError(.inputOutput, file: path, reason: "cannot be made durable (\(systemText(errno)))")
  }
}
