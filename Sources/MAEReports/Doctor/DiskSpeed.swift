import Foundation
import MAEFoundation

/// How fast a file is written, made durable and read again.
struct DiskSpeed {
  /// Of the slower of the two ways.
  let bytesPerSecond: Double

  /// - Throws: ``FileError`` when a file cannot be made, written or read.
  init(folder: String) throws {
    let path = AtomicFile.temporaryPath(beside: folder + "/speed")
    defer { Folder.remove(path) }
    var random = SystemRandomNumberGenerator()
    let block: [UInt64] = (0..<(1 << 17)).map { _ in random.next() }
    let count = 32
    let writing = Stopwatch()
    let file = try LogFile(path: path)
    for _ in 0..<count { try unsafe file.append(block.span.bytes) }
    try Folder.sync(path)
    let written = writing.seconds
    // What was written is in memory, and is to be read from the disk.
    let descriptor = unsafe path.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    if descriptor >= 0 {
      _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
      close(descriptor)
    }
    let reading = Stopwatch()
    let bytes = try DurableFile.bytes(of: path).count
    bytesPerSecond = Double(bytes) / max(written, reading.seconds, 1e-6)
  }
}
