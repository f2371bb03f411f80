import Foundation
import MAEFoundation
import Synchronization

/// A thread that reads, as those see it who wait for it.
final class LoaderWorker: Sendable {
  /// When its work last got on.
  let progress = Progress()
  /// The file it reads, by its number.
  private let current = Atomic(-1)
  private let leftBehind = Atomic(false)

  /// A read of it does not return: another worker does its job, and what it may yet bring counts for nothing.
  var isLeftBehind: Bool { leftBehind.load(ordering: .acquiring) }

  func leaveBehind() { leftBehind.store(true, ordering: .releasing) }

  /// How often each worker is replaced at most; more reads that do not return are no chance.
  static let replacements = 8
  /// Time in which a worker may notice by itself that it takes too long.
  private static let grace = Duration.milliseconds(500)

  /// Whether nothing has got on for longer than the limit.
  func isStalled(_ limit: Duration?) -> Bool {
    limit.map { progress.idleTime > $0 + min($0, Self.grace) } ?? false
  }

  /// Starts a thread that reads with this worker.
  func start(_ work: @escaping @Sendable () -> Void) {
    let thread = Thread { [progress] in Progress.$current.withValue(progress, operation: work) }
    thread.name = "mae-decode"
    thread.stackSize = 8 << 20
    thread.start()
  }

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
