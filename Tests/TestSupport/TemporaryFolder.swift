import Foundation

/// An empty folder of a test's own, removed when the test lets go of it.
package final class TemporaryFolder: Sendable {
  package let path = FileManager.default.temporaryDirectory.path + "/mae-test-\(UUID().uuidString)"

  package init() {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch { preconditionFailure("no test can go on without a folder: \(error)") }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Keeps the folder for as long as the process lives, for what several tests share.
  package func keepUntilExit() -> Self {
    KeptFolders.add(self)
    return self
  }

  /// The path of a name in the folder.
  package func path(_ name: String) -> String { path + "/" + name }

  /// What lies in the folder or in one below, sorted.
  package func names(_ below: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(below)).sorted()
  }

  package func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
  package func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }
  package func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  /// Writes a file, folders on the way included, and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String) throws -> String {
    let file = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return path(name)
  }

  /// As for text.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    try write("", to: name)
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  package func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
  }
}
