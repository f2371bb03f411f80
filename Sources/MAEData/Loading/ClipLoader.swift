import Foundation
import MAECluster
import MAECore
import MAEFoundation
import MAEMedia
import Synchronization

/// Reads batches of samples ahead of a training loop, on threads of its own.
///
/// Batch *k* is a function of manifest, request, batch size, seed and *k* alone: neither the number of workers nor where the
/// loader started changes a byte. The one exception are reads that take longer than ``Options/decodeTimeout`` or that the storage
/// fails: ``failedReads`` has them, and a loader that is given them draws as if they had failed again.
///
/// A worker whose read never returns is left behind, and another one does its work.
///
/// Of processes that share batches each reads its part of every one, and all learn what was found in files: bad files and
/// verdicts are the same in all, and where reading fails in one, all throw its error.
///
/// A file that cannot be read is listed in ``badFiles``, and the next one in the epoch's order takes its place. When too many are
/// bad, ``next()`` throws; that is decided from the twentieth file on, and at the end of the first epoch.
public final class ClipLoader: Sendable {
  /// How batches are read ahead.
  public struct Options: Hashable, Sendable {
    /// Where clips and windows are taken from.
    public enum Draws: Hashable, Sendable {
      /// As the request says.
      case random
      /// The clip and the window in the middle, unflipped.
      case centre
    }

    /// Threads that read ahead; with 0 a batch is read when it is asked for.
    public var workers = 2
    /// Batches that are read ahead at most.
    public var queueDepth = 3
    /// Share of the media files that may be bad.
    public var maximumBadShare = 0.05
    /// Time in which reading a file must get on, else it counts as bad; nil for no limit.
    public var decodeTimeout: Duration? = .seconds(60)
    /// Takes what there is of a still whose end is missing; else it is bad.
    public var allowsTruncated = false
    /// Where frame indexes are kept between runs; nil to keep none.
    public var cacheFolder: String?
    /// Files that each worker keeps open, and the memory they may hold together, in bytes. Of more than twice as many files a
    /// worker keeps only the last: hardly one would be drawn again before it had to be closed.
    public var openFiles = 16
    /// Bytes that each worker's open files may hold together.
    public var openMemory = 256 << 20
    /// Where clips and windows are taken from.
    public var draws = Draws.random
    /// What is done to samples that are drawn at random; nil = nothing.
    public var augmentation: RandAugment?
    /// Names of the classes whose numbers samples get as labels; nil = ``Manifest/labelNumbers``.
    public var classes: [String]?
    /// Whether files come in random order; else as listed.
    public var isShuffled = true

    /// As for training, with two workers.
    public init() {}
  }

  /// The files.
  public let manifest: Manifest
  /// What a sample is.
  public let request: SampleRequest
  /// Which file comes when.
  public let order: SampleOrder
  private let plan: LoadPlan
  private let queue: BatchQueue
  private let judge: Mutex<BadFileJudge>
  private let leftBehind = Mutex(0)
  private let processes: any Processes
  private let isCancelled: @Sendable () -> Bool

  /// Starts to read.
  ///
  /// - Parameters:
  ///   - batchSize: Samples in a batch, those of repeated augmentation included.
  ///   - batch: Number of the first batch, from 0.
  ///   - failedReads: Of the run that is continued; see ``failedReads``.
  ///   - processes: That share each batch.
  ///   - isCancelled: Asked a few times a second while ``next()`` waits, which ends when it says so.
  /// - Throws: ``DataError`` when the manifest is empty, or too many of its files are known to be bad.
  /// - Precondition: `batchSize` is positive, `batch` is not negative.
  public convenience init(
    _ manifest: Manifest, request: SampleRequest, batchSize: Int, seed: UInt64, startingAt batch: Int = 0,
    failedReads: FailedReads = FailedReads(), options: Options = Options(), processes: any Processes = SingleProcess(),
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(DataError) {
    let files = MediaFiles(
      channels: request.channels, timeLimit: options.decodeTimeout, cacheFolder: options.cacheFolder,
      allowsTruncated: options.allowsTruncated)
    try self.init(
      manifest, request: request, batchSize: batchSize, seed: seed, startingAt: batch, failedReads: failedReads,
      options: options, processes: processes, isCancelled: isCancelled, opener: files)
  }

  /// As the public initializer, with `opener` to open files.
  package init(
    _ manifest: Manifest, request: SampleRequest, batchSize: Int, seed: UInt64, startingAt batch: Int = 0,
    failedReads: FailedReads = FailedReads(), options: Options = Options(), processes: any Processes = SingleProcess(),
    isCancelled: @escaping @Sendable () -> Bool = { false }, opener: any SampleSourceOpener
  ) throws(DataError) {
    guard !manifest.files.isEmpty else { throw DataError(.unusable, "There is no file to draw samples from") }
    precondition(batch >= 0, "ClipLoader: starting at batch \(batch)")
    let slots = processes.part(of: batchSize)
    precondition(!slots.isEmpty, "ClipLoader: \(batchSize) samples for \(processes.count) processes")
    self.processes = processes
    self.manifest = manifest
    self.request = request
    order = SampleOrder(
      fileCount: manifest.files.count, repeats: max(1, request.repeats), batchSize: batchSize, seed: seed,
      isShuffled: options.isShuffled)
    plan = LoadPlan(
      files: manifest.files, labelNumbers: options.classes.map(Self.numbers) ?? manifest.labelNumbers, request: request,
      order: order, options: options,
      opener: opener, badBefore: manifest.bad.count,
      failures: FailureMemory(manifest.files, failedReads))
    let shape = ClipBatchShape(
      samples: slots.count, frames: request.pictureCount, size: request.size, channels: request.channels)
    queue = BatchQueue(
      order, slots: slots, shape: shape, depth: options.workers > 0 ? max(1, options.queueDepth) : 0, startingAt: batch)
    let judge = BadFileJudge(manifest, request, limit: options.maximumBadShare, processes: processes.count)
    if let verdict = judge.verdict { throw verdict }
    self.judge = Mutex(judge)
    self.isCancelled = isCancelled
    for _ in 0..<max(1, options.workers) { startWorker() }
  }

  deinit { stop() }

  /// The next batch, or this process's part of it; waits until it is read.
  ///
  /// - Throws: ``DataError`` of kind `unusable` when too many files are bad, `inputOutput` when the storage does not answer,
  ///   `interrupted` after ``stop()`` or when waiting is cancelled.
  public func next() throws(DataError) -> ClipBatch {
    let result: Result<FinishedBatch, DataError>
    do throws(DataError) { result = .success(try nextFinished()) } catch { result = .failure(error) }
    let found = try shared(result)
    let finished = try result.get()
    let next = order.place(of: (finished.number + 1) * order.batchSize)
    let verdict = judge.withLock { judge in
      for (process, part) in found.enumerated() { judge.record(part.attempts, files: plan.files, by: process) }
      judge.judge(isFirstEpochOver: next.epoch > 0)
      if !found.allSatisfy(\.isWhole) { judge.failForLackOfFiles() }
      return judge.verdict
    }
    if let verdict { throw verdict }
    guard let batch = finished.batch else { preconditionFailure("ClipLoader: a batch is missing without a reason") }
    return batch
  }

  /// What became of a batch in all processes, in the order of its samples.
  ///
  /// - Throws: in all processes the error of the first one that has one.
  private func shared(_ own: Result<FinishedBatch, DataError>) throws(DataError) -> [BatchFinding] {
    guard processes.count > 1 else { return [BatchFinding(try own.get()) { _ in true }] }
    let finding =
      switch own {
      case .success(let finished): judge.withLock { judge in BatchFinding(finished, where: judge.isNews) }
      case .failure(let error): BatchFinding(error)
      }
    let all: [BatchFinding]
    do throws(ProcessError) { all = try processes.all(finding) } catch { throw DataError(error.kind, error.description) }
    guard let rank = all.firstIndex(where: { $0.failure != nil }), let failure = all[rank].failure else { return all }
    // What all meet with is nobody's own.
    if case .failure(let error) = own, all.allSatisfy({ $0.failure == failure }) { throw error }
    throw DataError(
      FailureKind(rawValue: failure.kind) ?? .unexpected, "process \(rank) of \(processes.count): \(failure.sentence)")
  }

  private func nextFinished() throws(DataError) -> FinishedBatch {
    while true {
      if let verdict = judge.withLock({ $0.verdict }) { throw verdict }
      switch queue.takeBatch(limit: plan.options.decodeTimeout, isCancelled: isCancelled) {
      case .batch(let finished): return finished
      case .stalled(let worker, let job): replace(worker, job)
      case .stopped: throw DataError(.interrupted, "The loader was stopped")
      }
    }
  }

  /// Leaves a worker behind whose read does not return, and the file that it reads with it.
  private func replace(_ worker: LoaderWorker, _ job: SampleJob) {
    guard let limit = plan.options.decodeTimeout else { return }
    let file = worker.file ?? Int(job.epochFiles[job.draw])
    let path = plan.files[file].path
    let error = MediaError.gaveUp(path, doing: "reading", after: limit)
    plan.failures.remember(
      SampleFailure(error, isWholeFile: false), of: file, at: job.positions(order), from: queue.nextPosition)
    queue.leaveBehind(worker)
    let count = leftBehind.withLock { count in
      count += 1
      return count
    }
    if count > LoaderWorker.replacements * max(1, plan.options.workers) {
      judge.withLock { $0.verdict = .noAnswer(count, limit, last: path) }
    } else {
      startWorker()
    }
  }

  /// Reads that failed although the file may be good, for a run that continues this one.
  public var failedReads: FailedReads { plan.failures.reads }

  /// Ends the workers; callers of ``next()`` get an error. Waits a moment for the samples that are being read.
  public func stop() { queue.stop() }

  /// What reading has cost so far.
  public var statistics: LoaderStatistics { queue.statistics }

  /// Bad files in the order in which batches met them, those of the manifest first.
  public var badFiles: [BadFile] { judge.withLock { $0.bad } }

  /// What was done to samples so that the model can take them.
  public var remarks: [String] { judge.withLock { $0.remarks.sentences } }

  /// Batches that count as an epoch.
  public var batchesPerEpoch: Int { order.batchesPerEpoch }

  private static func numbers(_ classes: [String]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
  }

  private func startWorker() {
    // The thread holds the queue and the plan, not the loader, whose end must stop it.
    let queue = self.queue
    let plan = self.plan
    let worker = LoaderWorker()
    queue.workerStarts()
    worker.start {
      Self.work(plan, queue, worker)
      queue.workerEnds(worker)
    }
  }

  /// Reads until the queue is stopped; the worker's files are closed when this returns.
  private static func work(_ plan: LoadPlan, _ queue: BatchQueue, _ worker: LoaderWorker) {
    let reader = SampleReader(plan, worker) { queue.nextPosition }
    while let job = queue.takeJob(for: worker) {
      let (samples, effort) = reader.load(job) { queue.isStopped || worker.isLeftBehind }
      queue.finish(job, samples, effort, by: worker)
    }
  }
}
