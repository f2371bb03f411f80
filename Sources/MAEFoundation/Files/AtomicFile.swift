import Foundation

/// Writes a file under a temporary name beside its place, syncs it and renames it: readers see the old file or the whole new one,
/// whatever happens in between, and the new one survives a loss of power.
///
/// A process that is killed leaves `.NUMBER.partial` behind: hidden, so that no search for media finds it, and harmless. In the
/// folder of a run the next start removes it (``removeLeftovers(in:)``).
package struct AtomicFile: ~Copyable {
  private let path: String
  /// Where the content grows, for writers that open files by their names.
  package let temporaryPath: String
  private var descriptor: Int32

  /// - Throws: ``FileError`` of kind `cannotCreate` when the file cannot be made, or `path` is a folder or a device.
  package init(path: String) throws(FileError) {
    var status = stat()
    let isSpecial = unsafe path.withPath({ unsafe stat($0, &status) }) == 0 && status.st_mode & S_IFMT != S_IFREG
    self.path = path
    temporaryPath = Self.temporaryPath(beside: path)
    descriptor =
      isSpecial ? -1 : unsafe temporaryPath.withPath { unsafe open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    guard !isSpecial else { throw FileError(.cannotCreate, path, "is not an ordinary file; give another name") }
    guard descriptor >= 0 else {
      throw FileError(.cannotCreate, path, "cannot be created", code: errno, advice: "choose another place")
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    Folder.remove(temporaryPath)
  }

  package func write(_ bytes: RawSpan) throws(FileError) {
    let failure = unsafe bytes.withUnsafeBytes { unsafe Self.write($0, to: descriptor) }
    guard failure == 0 else { throw writeError(failure) }
  }

  package func write(_ bytes: [UInt8]) throws(FileError) { try unsafe write(bytes.span.bytes) }

  /// Replaces bytes at the beginning; what is written next still goes to the end.
  package func overwriteStart(_ bytes: [UInt8]) throws(FileError) {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw writeError(errno) }
    try write(bytes)
    guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw writeError(errno) }
  }

  /// Puts the file in its place, durably.
  package consuming func commit() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw writeError(errno) }
    close(descriptor)
    descriptor = -1
    let code = Folder.move(temporaryPath, to: path)
    guard code == 0 else {
      Folder.remove(temporaryPath)
      throw FileError(.cannotCreate, path, "cannot be put in place", code: code)
    }
    try Folder.sync(Folder.parent(of: path))
  }

  private static let ending = ".partial"

  /// A new name in the folder of `path`, hidden; for what is put in its place by renaming.
  package static func temporaryPath(beside path: String) -> String {
    "\(Folder.parent(of: path))/.\(UInt32.random(in: .min ... .max))\(ending)"
  }

  /// Removes what killed processes left in a folder that nobody else writes to.
  package static func removeLeftovers(in folder: String) {
    for name in Folder.names(in: folder) ?? [] where isLeftover(name) { Folder.remove("\(folder)/\(name)") }
  }

  /// Removes what processes that were killed a day ago or earlier left in a folder that others may write to now.
  package static func removeOldLeftovers(in folder: String) {
    let yesterday = Int(Date().timeIntervalSince1970 - 86400) * 1_000_000_000
    for name in Folder.names(in: folder) ?? [] where isLeftover(name) {
      if let version = FileVersion(of: "\(folder)/\(name)"), version.changed < yesterday { Folder.remove("\(folder)/\(name)") }
    }
  }

  /// Whether a file name is one that a killed process can leave behind.
  package static func isLeftover(_ name: String) -> Bool {
    name.hasPrefix(".") && name.hasSuffix(ending) && UInt32(name.dropFirst().dropLast(ending.count)) != nil
  }

  private func writeError(_ code: Int32) -> FileError { FileError(.inputOutput, path, "cannot be written", code: code) }

  /// - Returns: 0, or an error number.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      // One call moves at most 2 GB.
      let written = unsafe Foundation.write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      if written < 0 {
        if errno == EINTR { continue }
        return errno
      }
      done += written
    }
    return 0
  }
}
