import Synchronization

/// How far a search for media has come.
public struct SearchProgress: Hashable, Sendable {
  /// Folders that were found so far.
  public var folders: Int
  /// Files that were found so far.
  public var files: Int
  /// Of them, those of which is known what they are; looking at them begins when all are found.
  public var lookedAt: Int
}

/// What a search has found so far, for those who wait for it.
final class SearchCount: Sendable {
  private let folders = Atomic(0)
  private let files = Atomic(0)

  func addFolder() { folders.wrappingAdd(1, ordering: .relaxed) }
  func addFile() { files.wrappingAdd(1, ordering: .relaxed) }

  func progress(lookedAt: Int = 0) -> SearchProgress {
    SearchProgress(folders: folders.load(ordering: .relaxed), files: files.load(ordering: .relaxed), lookedAt: lookedAt)
  }
}
