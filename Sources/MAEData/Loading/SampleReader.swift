import MAECore
import MAEFoundation
import Synchronization

/// What the workers of a loader share; nothing in it changes except the memory of files that failed.
struct LoadPlan: Sendable {
  let files: [ManifestFile]
  let labelNumbers: [String: Int]
  let request: SampleRequest
  let order: SampleOrder
  let options: ClipLoader.Options
  let opener: any SampleSourceOpener
  /// Media files that are known to be bad before anything is read.
  let badBefore: Int
  let failures: FailureMemory
}

/// Files that failed.
///
/// Most fail or succeed whenever they are tried, so that remembering it changes no batch. Of those that took too long it is
/// written down for which samples, so that the run can be continued as it was.
final class FailureMemory: Sendable {
  private struct State {
    var broken: [Int: SampleFailure] = [:]
    var reads: FailedReads
  }

  private let files: [ManifestFile]
  private let state: Mutex<State>

  init(_ files: [ManifestFile], _ reads: FailedReads) {
    self.files = files
    state = Mutex(State(reads: reads))
  }

  var reads: FailedReads { state.withLock { $0.reads } }

  /// Why a file is not tried for a sample, or nil.
  func failure(of file: Int, at position: Int) -> SampleFailure? {
    state.withLock { state in
      if let failure = state.broken[file] { return failure }
      guard !state.reads.isEmpty, let reason = state.reads.reason(against: files[file].path, at: position) else { return nil }
      return SampleFailure(reason, isWholeFile: false)
    }
  }

  /// - Parameter later: the position from which on a file that took too long is left alone.
  func remember(_ failure: SampleFailure, of file: Int, at positions: Range<Int>, from later: @autoclosure () -> Int) {
    guard failure.isWholeFile || failure.chance != nil else { return }
    state.withLock { state in
      // Asked for in here, so that no worker begins a later sample before this is written down.
      let later = failure.chance == .timeOut ? later() : nil
      if failure.chance == nil {
        state.broken[file] = failure
      } else {
        state.reads.add(files[file].path, at: positions, from: later, reason: failure.reason)
      }
    }
  }
}

/// Samples of one batch that are drawn from the same file.
struct SampleJob: Sendable {
  let batch: Int
  let slots: Range<Int>
  let epoch: Int
  /// Place of the file in the epoch's order.
  let draw: Int
  let epochFiles: [Int32]

  /// Positions of its samples among all that are drawn.
  func positions(_ order: SampleOrder) -> Range<Int> {
    batch * order.batchSize + slots.lowerBound..<batch * order.batchSize + slots.upperBound
  }
}

/// A sample, or nothing when no file could be read, and the files that were tried for it.
struct LoadedSample: Sendable {
  struct Attempt: Codable, Sendable {
    var file: Int
    var details: ManifestFile.Details?
    /// Those that were chosen.
    var frames: [FrameNumber] = []
    var failure: SampleFailure?
  }

  var clip: Clip?
  var sample: Sample?
  var attempts: [Attempt] = []
}

/// Reads samples for one worker.
///
/// Where a file fails, the next one in the epoch's order takes its place, then the one after it; what comes out depends on the
/// seed, the sample's place and the files alone.
final class SampleReader {
  private let plan: LoadPlan
  private let worker: LoaderWorker
  /// The position of the first sample that no worker has begun.
  private let nextPosition: () -> Int
  private var open: OpenFiles
  private var effort = Effort()

  init(_ plan: LoadPlan, _ worker: LoaderWorker, nextPosition: @escaping () -> Int) {
    self.plan = plan
    self.worker = worker
    self.nextPosition = nextPosition
    let kept = plan.files.count > 2 * plan.options.openFiles ? 1 : plan.options.openFiles
    open = OpenFiles(maximumCount: kept, maximumMemory: plan.options.openMemory)
  }

  /// Reads the samples of a job.
  ///
  /// - Parameter isCancelled: Asked between files; the rest of the samples stays empty when it says so.
  func load(_ job: SampleJob, isCancelled: () -> Bool) -> (samples: [LoadedSample], effort: Effort) {
    effort = Effort()
    let watch = Stopwatch()
    var samples = [LoadedSample](repeating: LoadedSample(), count: job.slots.count)
    var missing = Array(samples.indices)
    var failed = 0
    for attempt in 0..<job.epochFiles.count {
      if missing.isEmpty || isCancelled() || plan.hasTooManyFailures(failed, of: attempt) { break }
      let file = Int(job.epochFiles[(job.draw + attempt) % job.epochFiles.count])
      let failuresBefore = missing.count
      worker.begin(file)
      missing = read(missing, of: job, from: file, attempt: attempt, into: &samples)
      if missing.count == failuresBefore { failed += 1 }
    }
    effort.samplesLoaded = samples.count
    effort.loadSeconds = watch.seconds
    effort.processorSeconds = watch.processorSeconds
    return (samples, effort)
  }

  /// Tries to fill `missing` from one file; returns those that are still missing.
  private func read(
    _ missing: [Int], of job: SampleJob, from file: Int, attempt: Int, into samples: inout [LoadedSample]
  ) -> [Int] {
    let positions = job.positions(plan.order)
    do throws(SampleFailure) {
      let source = try source(of: file, at: positions.lowerBound)
      defer {
        effort.framesDecoded += source.takeDecodedFrameCount()
        if source.needsReopening { open.close(file) }
      }
      let streams = missing.map { index in
        let place = plan.order.place(of: job.batch * plan.order.batchSize + job.slots.lowerBound + index)
        return plan.order.stream(for: place, attempt: attempt)
      }
      var windows: [SampleWindow] = []
      for stream in streams { windows.append(try window(in: source, of: plan.files[file], stream)) }
      let augmentation = plan.options.draws == .random ? plan.options.augmentation : nil
      let whole = augmentation?.takesWholeFrames == true ? WholeFrames(plan.request, of: source.details.size) : nil
      let clips = source.read(whole.map { windows.map($0.window) } ?? windows, for: whole?.request ?? plan.request)
      precondition(clips.count == windows.count, "SampleReader: \(clips.count) clips for \(windows.count) windows")
      var stillMissing: [Int] = []
      for (number, (index, result)) in zip(missing, clips).enumerated() {
        let window = windows[number]
        var tried = LoadedSample.Attempt(file: file, details: source.details, frames: window.frames)
        switch result {
        case .success(let clip):
          let numbers = plan.files[file].numbers.merging(source.numbers(at: window.frames)) { $1 }
          let altered = augmentation?(clip, random: streams[number].fork("augmentation")) ?? clip
          samples[index].clip = whole?.cut(window, outOf: altered) ?? altered
          samples[index].sample = Sample(
            file: file, position: job.batch * plan.order.batchSize + job.slots.lowerBound + index, epoch: job.epoch,
            crop: window.crop, isFlipped: window.isFlipped, times: clip.times,
            label: plan.files[file].label.flatMap { plan.labelNumbers[$0] },
            numbers: numbers.isEmpty ? nil : numbers, vector: clip.vector)
          effort.framesDelivered += clip.frameCount
        case .failure(let failure):
          tried.failure = failure
          forget(file, failure, at: positions)
          stillMissing.append(index)
        }
        samples[index].attempts.append(tried)
      }
      return stillMissing
    } catch {
      forget(file, error, at: positions)
      for index in missing { samples[index].attempts.append(LoadedSample.Attempt(file: file, failure: error)) }
      return missing
    }
  }

  private func source(of file: Int, at position: Int) throws(SampleFailure) -> any SampleSource {
    if let failure = plan.failures.failure(of: file, at: position) { throw failure }
    if let source = open.source(of: file) {
      effort.filesReused += 1
      return source
    }
    effort.filesOpened += 1
    let source = try plan.opener.open(plan.files[file], for: plan.request)
    open.keep(source, of: file)
    return source
  }

  private func forget(_ file: Int, _ failure: SampleFailure, at positions: Range<Int>) {
    // What comes from a worker that was given up is known already.
    if worker.isLeftBehind { return }
    plan.failures.remember(failure, of: file, at: positions, from: nextPosition())
    if failure.isWholeFile || failure.chance != nil { open.close(file) }
  }

  /// Draws frames, crop and flip.
  private func window(
    in source: any SampleSource, of file: ManifestFile, _ stream: RandomStream
  ) throws(SampleFailure) -> SampleWindow {
    let details = source.details
    let draw =
      switch plan.options.draws {
      case .random: SampleDraw.random(stream)
      case .centre: SampleDraw.fixed()
      }
    do throws(ClipTooShort) {
      return try draw.window(
        for: plan.request, of: details.size, pixelAspect: source.pixelAspect,
        frames: details.frames, frameRate: source.frameRate, span: file.span)
    } catch {
      throw SampleFailure(error.description, isWholeFile: true)
    }
  }
}

extension ManifestFile.Details {
  fileprivate var size: FrameSize { FrameSize(width: width, height: height) }
}
