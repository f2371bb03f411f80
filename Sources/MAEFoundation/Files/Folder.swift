import Foundation

/// Making folders, and making what is in them durable.
public enum Folder {
  /// Makes a folder and those above it, unless it is there.
  ///
  /// - Throws: ``FileError`` of kind `cannotCreate` when it cannot be made, or nothing can be written into it.
  public static func make(_ path: String) throws(FileError) {
    guard unsafe mkdir(path, 0o777) != 0 else { return try sync(parent(of: path)) }
    let code = errno
    if code == ENOENT, !path.isEmpty {
      try make(parent(of: path))
      if unsafe mkdir(path, 0o777) == 0 { return try sync(parent(of: path)) }
    }
    guard exists(path) else {
      throw FileError(.cannotCreate, path, "the folder cannot be made", code: code, advice: "choose another")
    }
    guard unsafe access(path, W_OK | X_OK) == 0 else {
      throw FileError(.cannotCreate, path, "the folder cannot be written to", code: errno, advice: "choose another")
    }
  }

  /// Whether there is a folder at `path`.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
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
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] { try sync("\(path)/\(name)") }
    try sync(path)
  }

  /// Makes a file durable, or which names a folder has.
  package static func sync(_ path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(.inputOutput, path, "cannot be opened", code: errno) }
    defer { close(descriptor) }
    // Some file systems cannot sync a folder and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError(.inputOutput, path, "cannot be made durable", code: errno)
    }
  }
}
