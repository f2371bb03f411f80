import Foundation
import MAECore
import MAEFoundation
import Synchronization

/// Reads batches of samples ahead of a training loop, on threads of its own.
///
/// Batch *k* is a function of manifest, request, batch size, seed and *k* alone: neither the number of workers nor where the
/// loader started changes a byte. The one exception is a file that runs into ``Options/decodeTimeout``.
///
/// A file that cannot be read is listed in ``badFiles``, and the next one in the epoch's order takes its place. When too many are
/// bad, ``next()`` throws; that is decided from the twentieth file on, and at the end of the first epoch.
public final class ClipLoader: Sendable {
  public struct Options: Hashable, Sendable {
    public enum Draws: Hashable, Sendable {
      /// As the request says.
      case random
      /// The clip and the window in the middle, unflipped.
      case centre
    }

    /// Threads that read; with 0 the caller of ``ClipLoader/next()`` reads.
    public var workers = 2
    /// Batches that are read ahead at most.
    public var queueDepth = 3
    /// Share of the media files that may be bad.
    public var maximumBadShare = 0.05
    /// Time that opening a file or reading its samples may take before it counts as bad; nil for no limit.
    public var decodeTimeout: Duration? = .seconds(60)
    /// Where frame indexes are kept between runs; nil to keep none.
    public var cacheFolder: String?
    /// Files that each worker keeps open, and the memory they may hold together, in bytes. Of more than twice as many files a
    /// worker keeps only the last: hardly one would be drawn again before it had to be closed.
    public var openFiles = 16
    public var openMemory = 256 << 20
    public var draws = Draws.random
    /// Whether files come in random order; else as listed.
    public var isShuffled = true

    public init() {}
  }

  public let manifest: Manifest
  public let request: SampleRequest
  public let order: SampleOrder
  private let plan: LoadPlan
  private let queue: BatchQueue
  private let judge: Mutex<BadFileJudge>
  /// Reads on the caller's thread when there are no workers.
  private let inlineReader: Mutex<SampleReader?>

  /// Starts to read.
  ///
  /// - Parameters:
  ///   - batchSize: Samples in a batch, those of repeated augmentation included.
  ///   - batch: Number of the first batch, from 0.
  /// - Throws: ``DataError`` when the manifest is empty.
  /// - Precondition: `batchSize` is positive, `batch` is not negative.
  public convenience init(
    _ manifest: Manifest, request: SampleRequest, batchSize: Int, seed: UInt64, startingAt batch: Int = 0,
    options: Options = Options()
  ) throws(DataError) {
    let files = MediaFiles(channels: request.channels, timeLimit: options.decodeTimeout, cacheFolder: options.cacheFolder)
    try self.init(
      manifest, request: request, batchSize: batchSize, seed: seed, startingAt: batch, options: options, opener: files)
  }

  /// As the public initializer, with `opener` to open files.
  package init(
    _ manifest: Manifest, request: SampleRequest, batchSize: Int, seed: UInt64, startingAt batch: Int = 0,
    options: Options = Options(), opener: any SampleSourceOpener
  ) throws(DataError) {
    guard !manifest.files.isEmpty else { throw DataError(.unusable, "There is no file to draw samples from") }
    precondition(batch >= 0, "ClipLoader: starting at batch \(batch)")
    self.manifest = manifest
    self.request = request
    order = SampleOrder(
      fileCount: manifest.files.count, repeats: max(1, request.repeats), batchSize: batchSize, seed: seed,
      isShuffled: options.isShuffled)
    plan = LoadPlan(
      files: manifest.files, request: request, order: order, options: options, opener: opener, badBefore: manifest.bad.count)
    let shape = ClipBatchShape(
      samples: batchSize, frames: request.sampling.frameCount, size: request.size, channels: request.channels)
    queue = BatchQueue(order, shape: shape, depth: options.queueDepth, startingAt: batch)
    judge = Mutex(BadFileJudge(manifest, limit: options.maximumBadShare))
    inlineReader = Mutex(options.workers > 0 ? nil : SampleReader(plan))
    for number in 0..<max(0, options.workers) { startWorker(number) }
  }

  deinit { stop() }

  /// The next batch; waits until it is read.
  ///
  /// - Throws: ``DataError`` of kind `unusable` when too many files are bad, `stopped` after ``stop()``.
  public func next() throws(DataError) -> ClipBatch {
    if let verdict = judge.withLock({ $0.verdict }) { throw verdict }
    if plan.options.workers <= 0 { readInline() }
    guard let finished = queue.takeBatch() else { throw DataError(.interrupted, "The loader was stopped") }
    let next = order.place(of: (finished.number + 1) * order.batchSize)
    let verdict = judge.withLock { judge in
      judge.record(finished.attempts, files: plan.files)
      judge.judge(isFirstEpochOver: next.epoch > 0)
      if finished.batch == nil { judge.condemnAll() }
      return judge.verdict
    }
    if let verdict { throw verdict }
    guard let batch = finished.batch else { preconditionFailure("ClipLoader: a batch is missing without a reason") }
    return batch
  }

  /// Ends the workers; callers of ``next()`` get an error. Waits for the samples that are being read.
  public func stop() { queue.stop() }

  public var statistics: LoaderStatistics { queue.statistics }

  /// Bad files in the order in which batches met them, those of the manifest first.
  public var badFiles: [BadFile] { judge.withLock { $0.bad } }

  /// Batches that count as an epoch.
  public var batchesPerEpoch: Int { order.batchesPerEpoch }

  /// The manifest with what was learned of its files so far.
  public var manifestLines: [ManifestLine] {
    let details = judge.withLock { $0.details }
    return manifest.files.enumerated().map { ManifestLine(file: $1, details: details[$0]) }
  }

  private func startWorker(_ number: Int) {
    // The thread holds the queue and the plan, not the loader, whose end must stop it.
    let queue = self.queue
    let plan = self.plan
    queue.workerStarts()
    let thread = Thread {
      Self.work(plan, queue)
      queue.workerEnds()
    }
    thread.name = "mae-decode-\(number)"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Reads until the queue is stopped; the worker's files are closed when this returns.
  private static func work(_ plan: LoadPlan, _ queue: BatchQueue) {
    let reader = SampleReader(plan)
    while let job = queue.takeJob() {
      let (samples, effort) = reader.load(job) { queue.isStopped }
      queue.finish(job, samples, effort)
    }
  }

  private func readInline() {
    let watch = Stopwatch()
    inlineReader.withLock { reader in
      while let reader, !queue.isBatchReady, let job = queue.takeJob() {
        let (samples, effort) = reader.load(job) { queue.isStopped }
        queue.finish(job, samples, effort)
      }
    }
    queue.addWaiting(watch.seconds)
  }
}
