import Foundation

/// Making folders, and making what is in them durable.
public enum Folder {
  /// Makes a folder and those above it, unless it is there.
  ///
  /// - Throws: ``FileError`` of kind `cannotCreate` when it cannot be made, or nothing can be written into it.
  public static func make(_ path: String) throws(FileError) {
    guard unsafe path.withPath({ unsafe mkdir($0, 0o777) }) != 0 else { return try sync(parent(of: path)) }
    let code = errno
    if code == ENOENT, !path.isEmpty {
      try make(parent(of: path))
      if unsafe path.withPath({ unsafe mkdir($0, 0o777) }) == 0 { return try sync(parent(of: path)) }
    }
    guard exists(path) else {
      throw FileError(.cannotCreate, path, "the folder cannot be made", code: code, advice: "choose another")
    }
    guard unsafe path.withPath({ unsafe access($0, W_OK | X_OK) }) == 0 else {
      throw FileError(.cannotCreate, path, "the folder cannot be written to", code: errno, advice: "choose another")
    }
  }

  /// Whether there is a folder at `path`.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe path.withPath({ unsafe stat($0, &status) }) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether anything is at `path`, links followed.
  package static func isAnything(at path: String) -> Bool { unsafe path.withPath { unsafe access($0, F_OK) } == 0 }

  /// What is in a folder, in no order; nil when it cannot be listed.
  package static func names(in path: String) -> [String]? { try? entries(in: path).map { String(pathBytes: $0.name) } }

  /// A name in a folder, and what it is (`DT_REG`, `DT_DIR`, …).
  package typealias Entry = (name: [UInt8], kind: Int)

  /// What is in a folder, in no order.
  package static func entries(in path: String) throws(SystemError) -> [Entry] {
    guard let stream = unsafe path.withPath({ unsafe opendir($0) }) else { throw SystemError(errno) }
    defer { unsafe closedir(stream) }
    var entries: [Entry] = []
    let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw SystemError(errno) }
        return entries
      }
      let start = unsafe UnsafeRawPointer(entry) + offset
      let count = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
      let name = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
      if name != [0x2e], name != [0x2e, 0x2e] { entries.append((name, unsafe Int(entry.pointee.d_type))) }
    }
  }

  /// Renames a file or folder; `errno`, 0 when it is in its place.
  package static func move(_ path: String, to place: String) -> Int32 {
    unsafe path.withPath { path in unsafe place.withPath { unsafe rename(path, $0) } } == 0 ? 0 : errno
  }

  /// Removes a file, or a folder with everything in it, as far as that is possible.
  package static func remove(_ path: String) {
    if unsafe path.withPath({ unsafe unlink($0) }) == 0 || errno == ENOENT { return }
    for name in names(in: path) ?? [] { remove("\(path)/\(name)") }
    unsafe _ = path.withPath { unsafe rmdir($0) }
  }

  /// Bytes of the files in a folder, those in folders below not counted.
  package static func byteCount(of path: String) -> Int {
    (names(in: path) ?? []).reduce(0) { sum, name in
      var status = stat()
      return unsafe "\(path)/\(name)".withPath({ unsafe stat($0, &status) }) == 0 ? sum + Int(status.st_size) : sum
    }
  }

  /// Bytes that a process may still write to the file system of a folder; all that there can be where it does not tell.
  package static func freeBytes(at path: String) -> Int {
    var status = statvfs()
    guard unsafe path.withPath({ unsafe statvfs($0, &status) }) == 0 else { return 1 << 60 }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }

  /// The folder that a file or folder lies in.
  package static func parent(of path: String) -> String {
    var name = path[...]
    while name.count > 1, name.last == "/" { name.removeLast() }
    guard let slash = name.lastIndex(of: "/") else { return "." }
    return slash == name.startIndex ? "/" : String(name[..<slash])
  }

  /// Makes the files in a folder, and the folder itself, durable.
  package static func syncContents(of path: String) throws(FileError) {
    for name in names(in: path) ?? [] { try sync("\(path)/\(name)") }
    try sync(path)
  }

  /// Makes a file durable, or which names a folder has.
  package static func sync(_ path: String) throws(FileError) {
    let descriptor = unsafe path.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError(.inputOutput, path, "cannot be opened", code: errno) }
    defer { close(descriptor) }
    // Some file systems cannot sync a folder and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError(.inputOutput, path, "cannot be made durable", code: errno)
    }
  }
}
