import Synchronization

/// Threads that share the parts of one piece of work with the calling thread.
///
/// Parts are cut the same way for any number of threads, so results do not depend on it.
public final class WorkerPool: Sendable {
  /// That compute, the caller's included.
  public let threads: Int
  /// Whether work is left undone; see ``Kernels/init(planningFor:)``.
  private let isIdle: Bool
  private let crew: WorkerCrew

  /// - Parameter threads: the calling thread included; at least 1.
  public convenience init(threads: Int) { self.init(threads: threads, isIdle: false) }

  init(threads: Int, isIdle: Bool) {
    precondition(threads > 0, "WorkerPool: \(threads) threads")
    self.threads = threads
    self.isIdle = isIdle
    crew = WorkerCrew(workers: isIdle ? 0 : threads - 1)
  }

  deinit { crew.dismiss() }

  /// Calls `body` with consecutive ranges that cover `0 ..< count`, each `grain` long (the last may be shorter).
  public func forEachRange(_ count: Int, grain: Int, _ body: @Sendable (Range<Int>) -> Void) {
    guard count > 0 else { return }
    let grain = max(1, grain)
    forEachPart((count + grain - 1) / grain) { part in body(part * grain..<min(count, (part + 1) * grain)) }
  }

  /// Calls `body` once for every number in `0 ..< parts`, on all threads.
  public func forEachPart(_ parts: Int, _ body: @Sendable (Int) -> Void) {
    guard threads > 1, parts > 1, !isIdle else {
      for part in 0..<(isIdle ? 0 : parts) { body(part) }
      return
    }
    withoutActuallyEscaping(body) { crew.share(parts, $0) }
  }

  /// The values of `body` for `0 ..< count`, computed on all threads.
  public func map<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
    if isIdle { return (0..<count).map(body) }
    let values = Mutex([Value?](repeating: nil, count: count))
    forEachPart(count) { index in
      let value = body(index)
      values.withLock { $0[index] = value }
    }
    return values.withLock { $0.map { $0! } }
  }

  /// Calls `body` once for every number in `0 ..< parts`, with the number of the lane that it runs on: lanes run side by side,
  /// and the parts of one lane one after the other, so each lane can have memory of its own.
  public func forEachPart(_ parts: Int, lanes: Int, _ body: @Sendable (_ part: Int, _ lane: Int) -> Void) {
    let next = Atomic<Int>(0)
    forEachPart(lanes) { lane in
      while true {
        let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if part >= parts { return }
        body(part, lane)
      }
    }
  }
}
