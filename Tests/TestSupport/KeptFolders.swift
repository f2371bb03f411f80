import Foundation
import Synchronization

/// Folders that several tests share; they go away when the tests end.
enum KeptFolders {
  private static let folders = Mutex<[TemporaryFolder]>([])

  static func add(_ folder: TemporaryFolder) {
    folders.withLock { folders in
      if folders.isEmpty { atexit { KeptFolders.removeAll() } }
      folders.append(folder)
    }
  }

  /// Tests hold them as well, so nobody else would.
  private static func removeAll() {
    for folder in folders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder.path) }
  }
}
