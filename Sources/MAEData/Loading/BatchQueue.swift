import Foundation
import MAECore
import MAEFoundation

/// A batch with what its samples cost to get; without a batch if a sample could not be had.
struct FinishedBatch: Sendable {
  var number: Int
  var batch: ClipBatch?
  var attempts: [LoadedSample.Attempt]
}

/// Hands jobs to workers in the order of samples, no further ahead than `depth` batches, and hands finished batches out in order.
final class BatchQueue: @unchecked Sendable {
  // All variables are read and changed only between `condition.lock()` and `condition.unlock()`.
  private let condition = NSCondition()
  private let order: SampleOrder
  private let shape: ClipBatchShape
  private let depth: Int
  /// The samples of each batch that are read.
  private let slots: Range<Int>

  private var nextJob: (batch: Int, slot: Int)
  private var nextDelivery: Int
  private var pending: [Int: PendingBatch] = [:]
  private var finished: [Int: FinishedBatch] = [:]
  private var epochFiles: (epoch: Int, files: [Int32])?
  private var running: [ObjectIdentifier: (worker: LoaderWorker, job: SampleJob)] = [:]
  /// Jobs of workers that were left behind.
  private var returned: [SampleJob] = []
  private var workers = 0
  private var isAwaited = false
  private var stopped = false
  private var effort = LoaderStatistics()

  private struct PendingBatch {
    var samples: [LoadedSample]
    var missing: Int
  }

  /// - Parameters:
  ///   - slots: the samples of each batch that are read, as many as the shape has.
  ///   - depth: batches read ahead; with 0 each is read when it is asked for.
  init(_ order: SampleOrder, slots: Range<Int>, shape: ClipBatchShape, depth: Int, startingAt batch: Int) {
    self.order = order
    self.slots = slots
    self.shape = shape
    self.depth = depth
    nextJob = (batch, slots.lowerBound)
    nextDelivery = batch
  }

  var statistics: LoaderStatistics { locked { effort } }
  var isStopped: Bool { locked { stopped } }

  /// The position of the first sample that no worker has begun.
  var nextPosition: Int { locked { nextJob.batch * order.batchSize + nextJob.slot } }

  /// The next job; waits while the workers are far enough ahead. Nil once the queue is stopped or the worker left behind.
  func takeJob(for worker: LoaderWorker) -> SampleJob? {
    locked {
      while !stopped, !worker.isLeftBehind, returned.isEmpty,
        nextJob.batch >= nextDelivery + depth + (depth == 0 && isAwaited ? 1 : 0)
      {
        condition.wait()
      }
      guard !stopped, !worker.isLeftBehind else { return nil }
      let job = returned.isEmpty ? newJob() : returned.removeFirst()
      worker.progress.advance()
      running[ObjectIdentifier(worker)] = (worker, job)
      return job
    }
  }

  private func newJob() -> SampleJob {
    let (batch, first) = nextJob
    let place = order.place(of: batch * order.batchSize + first)
    var end = first + 1
    while end < slots.upperBound {
      let other = order.place(of: batch * order.batchSize + end)
      guard other.epoch == place.epoch, other.draw == place.draw else { break }
      end += 1
    }
    nextJob = end == slots.upperBound ? (batch + 1, slots.lowerBound) : (batch, end)
    if epochFiles?.epoch != place.epoch { epochFiles = (place.epoch, order.files(inEpoch: place.epoch)) }
    return SampleJob(
      batch: batch, slots: first..<end, epoch: place.epoch, draw: place.draw, epochFiles: epochFiles?.files ?? [])
  }

  /// Takes the samples of a job; the worker that brings the last ones puts the batch together.
  func finish(_ job: SampleJob, _ samples: [LoadedSample], _ cost: Effort, by worker: LoaderWorker) {
    let complete: [LoadedSample]? = locked {
      guard !worker.isLeftBehind else { return nil }
      running[ObjectIdentifier(worker)] = nil
      effort.add(cost)
      guard !stopped else { return nil }
      var batch =
        pending[job.batch]
        ?? PendingBatch(samples: Array(repeating: LoadedSample(), count: slots.count), missing: slots.count)
      let first = slots.lowerBound
      batch.samples.replaceSubrange(job.slots.lowerBound - first..<job.slots.upperBound - first, with: samples)
      batch.missing -= samples.count
      pending[job.batch] = batch.missing == 0 ? nil : batch
      return batch.missing == 0 ? batch.samples : nil
    }
    guard let complete else { return }
    let batch = assemble(complete, number: job.batch)
    locked {
      finished[job.batch] = batch
      condition.broadcast()
    }
  }

  /// What waiting for a batch comes to.
  enum Delivery {
    case batch(FinishedBatch)
    /// A worker's read does not return; it is to be replaced.
    case stalled(LoaderWorker, SampleJob)
    case stopped
  }

  /// The next batch in order.
  ///
  /// - Parameters:
  ///   - limit: How long a worker may not get on; nil for ever.
  ///   - isCancelled: Asked a few times a second; waiting ends when it says so.
  func takeBatch(limit: Duration?, isCancelled: () -> Bool) -> Delivery {
    let watch = Stopwatch()
    return locked {
      isAwaited = true
      condition.broadcast()
      defer {
        isAwaited = false
        effort.waitSeconds += watch.seconds
      }
      while !stopped, finished[nextDelivery] == nil {
        if isCancelled() { return .stopped }
        if let stalled = running.values.first(where: { $0.worker.isStalled(limit) }) {
          return .stalled(stalled.worker, stalled.job)
        }
        _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
      }
      guard !stopped, let batch = finished.removeValue(forKey: nextDelivery) else { return .stopped }
      nextDelivery += 1
      effort.batches += 1
      condition.broadcast()
      return .batch(batch)
    }
  }

  func workerStarts() { locked { workers += 1 } }

  func workerEnds(_ worker: LoaderWorker) {
    locked {
      if !worker.isLeftBehind { workers -= 1 }
      condition.broadcast()
    }
  }

  /// Gives a worker's job to the next one who asks.
  func leaveBehind(_ worker: LoaderWorker) {
    locked {
      worker.leaveBehind()
      workers -= 1
      if let job = running.removeValue(forKey: ObjectIdentifier(worker))?.job { returned.append(job) }
      condition.broadcast()
    }
  }

  /// Wakes everybody who waits and returns when no worker runs any more, or after a second: a read that does not return is left
  /// to itself.
  func stop() {
    locked {
      stopped = true
      pending = [:]
      finished = [:]
      condition.broadcast()
      let end = Date(timeIntervalSinceNow: 1)
      while workers > 0, condition.wait(until: end) {}
    }
  }

  private func assemble(_ samples: [LoadedSample], number: Int) -> FinishedBatch {
    let attempts = samples.flatMap(\.attempts)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(shape.count)
    for sample in samples {
      guard let clip = sample.clip else { return FinishedBatch(number: number, batch: nil, attempts: attempts) }
      pixels.append(contentsOf: clip.pixels)
    }
    let batch = ClipBatch(shape: shape, pixels: pixels, samples: samples.compactMap(\.sample))
    return FinishedBatch(number: number, batch: batch, attempts: attempts)
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }
}
