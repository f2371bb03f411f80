import Foundation
import Synchronization

/// Threads that share the parts of one piece of work with the calling thread.
///
/// Parts are cut the same way for any number of threads, so results do not depend on it.
public final class WorkerPool: @unchecked Sendable {
  // Mutable state is atomic or guarded by `lock`; only one thread hands out work.
  public let threads: Int

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
  public init(threads: Int) {
    precondition(threads > 0, "WorkerPool: \(threads) threads")
    self.threads = threads
    for index in 1..<max(threads, 1) {
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
    guard threads > 1, parts > 1 else {
      for part in 0..<parts { body(part) }
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
        if spins > 200 { sched_yield() }
      }
      job = nil
    }
  }

  /// The values of `body` for `0 ..< count`, computed on all threads.
  public func map<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
    let values = Mutex([Value?](repeating: nil, count: count))
    forEachPart(count) { index in
      let value = body(index)
      values.withLock { $0[index] = value }
    }
    return values.withLock { $0.map { $0! } }
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
      var spins = 0
      while generation.load(ordering: .acquiring) == seen && spins < 4000 { spins += 1 }
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
