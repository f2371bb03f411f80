import CKernels
import Foundation
import Synchronization

/// Threads that share the parts of one piece of work with the calling thread.
///
/// Parts are cut the same way for any number of threads, so results do not depend on it.
public final class WorkerPool: @unchecked Sendable {
  // Mutable state is atomic or guarded by `lock`; only one thread hands out work.
  public let threads: Int
  /// Whether work is left undone; see ``Kernels/init(planningFor:)``.
  private let isIdle: Bool

  private let lock = NSCondition()
  private let generation = Atomic<Int>(0)
  private let nextPart = Atomic<Int>(0)
  private let unfinishedWorkers = Atomic<Int>(0)
  private var job: Job?
  private var sleepers = 0

  private struct Job {
    let parts: Int
    let body: @Sendable (Int) -> Void
  }

  /// - Parameter threads: the calling thread included; at least 1.
  public convenience init(threads: Int) { self.init(threads: threads, isIdle: false) }

  init(threads: Int, isIdle: Bool) {
    precondition(threads > 0, "WorkerPool: \(threads) threads")
    self.threads = threads
    self.isIdle = isIdle
    for index in 1..<(isIdle ? 1 : threads) {
      // The threads keep the pool alive, and live as long as the program: a program makes one pool.
      let thread = Thread { self.serve() }
      thread.name = "mae-compute-\(index)"
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

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
    withoutActuallyEscaping(body) { body in
      let current = Job(parts: parts, body: body)
      lock.lock()
      job = current
      nextPart.store(0, ordering: .relaxed)
      unfinishedWorkers.store(threads - 1, ordering: .relaxed)
      generation.wrappingAdd(1, ordering: .releasing)
      if sleepers > 0 { lock.broadcast() }
      lock.unlock()
      work(current)
      var spins = 0
      while unfinishedWorkers.load(ordering: .acquiring) > 0 {
        spins += 1
        if spins > 2000 { sched_yield() } else { mae_relax() }
      }
      job = nil
    }
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

  private func work(_ job: Job) {
    while true {
      let part = nextPart.wrappingAdd(1, ordering: .relaxed).oldValue
      if part >= job.parts { return }
      job.body(part)
    }
  }

  private func serve() {
    var seen = 0
    while true {
      // About a tenth of a millisecond: work follows work within microseconds, and to wake a sleeping thread takes fifty.
      var spins = 0
      while generation.load(ordering: .acquiring) == seen && spins < 4000 {
        mae_relax()
        spins += 1
      }
      lock.lock()
      while generation.load(ordering: .acquiring) == seen {
        sleepers += 1
        lock.wait()
        sleepers -= 1
      }
      seen = generation.load(ordering: .acquiring)
      var current = job
      lock.unlock()
      if let current { work(current) }
      current = nil
      unfinishedWorkers.wrappingSubtract(1, ordering: .releasing)
    }
  }
}
