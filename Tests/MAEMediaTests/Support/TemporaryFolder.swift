import Foundation

/// A folder that is removed when the test is over.
final class TemporaryFolder: Sendable {
  let root: URL

  init() {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("mae-media-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func path(_ name: String) -> String { root.appendingPathComponent(name).path }
}
