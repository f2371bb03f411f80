import Foundation

/// Small text files of a run folder: written whole under a temporary name, synced and renamed, or appended to by whole lines.
enum TextFile {
  static func replace(_ path: String, with text: String) throws(TrainingError) {
    let temporary = path + ".partial"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, "cannot be created", errno, creating: true) }
    do {
      try append(text, to: descriptor, of: path)
    } catch {
      close(descriptor)
      unsafe _ = unlink(temporary)
      throw error
    }
    let synced = fsync(descriptor) == 0
    let code = errno
    close(descriptor)
    guard synced else { throw failure(path, "cannot be written", code) }
    guard unsafe rename(temporary, path) == 0 else { throw failure(path, "cannot be put in place", errno) }
  }

  /// Opens a file for appending, made if need be.
  static func openForAppending(_ path: String) throws(TrainingError) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, "cannot be opened for writing", errno, creating: true) }
    return descriptor
  }

  static func append(_ text: String, to descriptor: Int32, of path: String) throws(TrainingError) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw failure(path, "cannot be written", errno)
      }
      done += written
    }
  }

  /// The text of a file; nil when there is none.
  static func read(_ path: String) throws(TrainingError) -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TrainingError(.inputOutput, "\(path): cannot be read")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func failure(_ path: String, _ doing: String, _ code: Int32, creating: Bool = false) -> TrainingError {
    if code == ENOSPC || code == EDQUOT {
      return TrainingError(.inputOutput, "\(path): \(doing): the disk is full; free some space and start again")
    }
    let text = unsafe String(cString: strerror(code))
    return TrainingError(creating ? .cannotCreate : .inputOutput, "\(path): \(doing) (\(text))")
  }
}
