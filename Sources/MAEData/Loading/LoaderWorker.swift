import MAEMedia
import Synchronization

/// A thread that reads for a loader, as those see it who wait for it.
final class LoaderWorker: Sendable {
  /// When its work last got on.
  let progress = Progress()
  /// The file it reads, by its number.
  private let current = Atomic(-1)
  private let leftBehind = Atomic(false)

  /// A read of it does not return: another worker does its job, and what it may yet bring counts for nothing.
  var isLeftBehind: Bool { leftBehind.load(ordering: .acquiring) }

  func leaveBehind() { leftBehind.store(true, ordering: .releasing) }

  var file: Int? {
    let file = current.load(ordering: .relaxed)
    return file < 0 ? nil : file
  }

  /// A file's turn begins.
  func begin(_ file: Int) {
    current.store(file, ordering: .relaxed)
    progress.advance()
  }
}
