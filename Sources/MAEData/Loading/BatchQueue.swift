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

  private var nextJob: (batch: Int, slot: Int)
  private var nextDelivery: Int
  private var pending: [Int: PendingBatch] = [:]
  private var finished: [Int: FinishedBatch] = [:]
  private var epochFiles: (epoch: Int, files: [Int32])?
  private var workers = 0
  private var stopped = false
  private var effort = LoaderStatistics()

  private struct PendingBatch {
    var samples: [LoadedSample]
    var missing: Int
  }

  init(_ order: SampleOrder, shape: ClipBatchShape, depth: Int, startingAt batch: Int) {
    self.order = order
    self.shape = shape
    self.depth = max(1, depth)
    nextJob = (batch, 0)
    nextDelivery = batch
  }

  var statistics: LoaderStatistics { locked { effort } }
  var isStopped: Bool { locked { stopped } }

  /// The next job; waits while the workers are far enough ahead. Nil once the queue is stopped.
  func takeJob() -> SampleJob? {
    locked {
      while !stopped, nextJob.batch >= nextDelivery + depth { condition.wait() }
      guard !stopped else { return nil }
      let (batch, first) = nextJob
      let place = order.place(of: batch * order.batchSize + first)
      var end = first + 1
      while end < order.batchSize {
        let other = order.place(of: batch * order.batchSize + end)
        guard other.epoch == place.epoch, other.draw == place.draw else { break }
        end += 1
      }
      nextJob = end == order.batchSize ? (batch + 1, 0) : (batch, end)
      if epochFiles?.epoch != place.epoch { epochFiles = (place.epoch, order.files(inEpoch: place.epoch)) }
      return SampleJob(
        batch: batch, slots: first..<end, epoch: place.epoch, draw: place.draw, epochFiles: epochFiles?.files ?? [])
    }
  }

  /// Takes the samples of a job; the worker that brings the last ones puts the batch together.
  func finish(_ job: SampleJob, _ samples: [LoadedSample], _ cost: Effort) {
    let complete: [LoadedSample]? = locked {
      effort.add(cost)
      guard !stopped else { return nil }
      var batch =
        pending[job.batch]
        ?? PendingBatch(samples: Array(repeating: LoadedSample(), count: order.batchSize), missing: order.batchSize)
      batch.samples.replaceSubrange(job.slots, with: samples)
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

  /// The next batch in order; nil once the queue is stopped.
  func takeBatch() -> FinishedBatch? {
    let watch = Stopwatch()
    return locked {
      while !stopped, finished[nextDelivery] == nil { condition.wait() }
      effort.waitSeconds += watch.seconds
      guard !stopped, let batch = finished.removeValue(forKey: nextDelivery) else { return nil }
      nextDelivery += 1
      effort.batches += 1
      condition.broadcast()
      return batch
    }
  }

  /// Whether the batch to hand out next is ready.
  var isBatchReady: Bool { locked { finished[nextDelivery] != nil } }

  func addWaiting(_ seconds: Double) { locked { effort.waitSeconds += seconds } }

  func workerStarts() { locked { workers += 1 } }

  func workerEnds() {
    locked {
      workers -= 1
      condition.broadcast()
    }
  }

  /// Wakes everybody who waits and returns when no worker runs any more.
  func stop() {
    locked {
      stopped = true
      pending = [:]
      finished = [:]
      condition.broadcast()
      while workers > 0 { condition.wait() }
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
