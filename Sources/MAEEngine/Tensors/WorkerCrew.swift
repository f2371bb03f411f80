import CKernels
import Foundation
import Synchronization

/// The threads behind a ``WorkerPool``: they take parts of work until they are dismissed.
final class WorkerCrew: @unchecked Sendable {
  // Mutable state is atomic or guarded by `lock`; only one thread hands out work.
  private let workers: Int
  private let lock = NSCondition()
  private let generation = Atomic<Int>(0)
  private let nextPart = Atomic<Int>(0)
  private let unfinishedWorkers = Atomic<Int>(0)
  /// nil between two jobs.
  private var job: Job?
  private var sleepers = 0
  private var isDismissed = false

  private struct Job {
    let parts: Int
    let body: @Sendable (Int) -> Void
  }

  init(workers: Int) {
    self.workers = workers
    for index in 0..<workers {
      let thread = Thread { self.serve() }
      thread.name = "mae-compute-\(index + 1)"
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  /// Calls `body` once for every number in `0 ..< parts`, on the calling thread too; returns when all have returned.
  func share(_ parts: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let current = Job(parts: parts, body: body)
    lock.lock()
    job = current
    nextPart.store(0, ordering: .relaxed)
    unfinishedWorkers.store(workers, ordering: .relaxed)
    announce()
    lock.unlock()
    work(current)
    var spins = 0
    while unfinishedWorkers.load(ordering: .acquiring) > 0 {
      spins += 1
      if spins > 2000 { sched_yield() } else { mae_relax() }
    }
    job = nil
  }

  /// Lets the threads end; nothing is shared afterwards.
  func dismiss() {
    lock.lock()
    isDismissed = true
    announce()
    lock.unlock()
  }

  /// Wakes all threads. Called with the lock.
  private func announce() {
    generation.wrappingAdd(1, ordering: .releasing)
    if sleepers > 0 { lock.broadcast() }
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
      let isDismissed = isDismissed
      lock.unlock()
      if isDismissed { return }
      if let current { work(current) }
      current = nil
      unfinishedWorkers.wrappingSubtract(1, ordering: .releasing)
    }
  }
}
