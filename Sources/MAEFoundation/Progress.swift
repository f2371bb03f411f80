import Synchronization

/// When the work of a thread last got on: a read returned, a packet was decoded.
///
/// Who waits for a thread tells by it whether the thread still works or hangs in a read that never returns.
package final class Progress: Sendable {
  /// Of the work that the current thread does; what is opened meanwhile reports to it.
  @TaskLocal package static var current: Progress?

  private static let epoch = ContinuousClock.now
  private let last: Atomic<Int64>
  private let place = Mutex<String?>(nil)

  package init() { last = Atomic(Self.now) }

  package func advance() { last.store(Self.now, ordering: .relaxed) }

  /// The work gets on at a file or folder.
  package func advance(at path: String) {
    place.withLock { $0 = path }
    advance()
  }

  /// The file or folder that the thread is at, where it said so.
  package var path: String? { place.withLock { $0 } }

  /// How long nothing has got on.
  package var idleTime: Duration { .nanoseconds(max(0, Self.now - last.load(ordering: .relaxed))) }

  private static var now: Int64 {
    let elapsed = (ContinuousClock.now - epoch).components
    return elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
  }
}
