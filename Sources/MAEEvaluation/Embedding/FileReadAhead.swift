import MAECore
import MAEData

/// Reads the fixed samples of files, a chunk ahead of whoever uses them.
struct FileReadAhead: Sendable {
  let request: SampleRequest
  /// The part of a source that is cut out.
  let window: @Sendable (FrameSize) -> PixelRect
  /// Of each video.
  var clips = 1
  /// What is read of each file instead; nil = its clips, each in one window.
  var views: TestViews?
  /// Takes what there is of a still whose end is missing.
  var allowsTruncated = false
  /// How long nothing may get on before a file is given up.
  var timeLimit: Duration? = .seconds(60)
  /// Files of a chunk; two chunks are in memory at a time.
  let chunk: Int
  /// Files read side by side.
  let threads: Int

  typealias Outcome = (file: ManifestFile, samples: Result<[FixedSample], DataError>)
  /// Some of the views of a file.
  typealias Part = (file: ManifestFile, samples: Result<[FixedSample], DataError>, isLast: Bool)

  /// Calls `body` with one chunk of files after the other, in their order.
  ///
  /// - Parameter isCancelled: asked a few times a second; waiting ends when it says so.
  /// - Throws: ``DataError`` when the storage does not answer, or of kind `interrupted` when waiting is cancelled; what
  ///   `body` throws.
  /// - Precondition: there are no ``views``.
  func forEachChunk(
    of files: [ManifestFile], isCancelled: () -> Bool = { false }, _ body: ([Outcome]) throws -> Void
  ) throws {
    precondition(views == nil, "FileReadAhead: views come in parts")
    try forEachChunkOfParts(of: files, isCancelled: isCancelled) { parts in
      try body(parts.map { (file: $0.file, samples: $0.samples) })
    }
  }

  /// As the other, where a file with many views comes in several parts, one after the other.
  func forEachChunkOfParts(
    of files: [ManifestFile], isCancelled: () -> Bool = { false }, _ body: ([Part]) throws -> Void
  ) throws {
    let parts = views?.partCount ?? 1
    func jobs(_ numbers: Range<Int>) -> [Job] {
      numbers.map { Job(file: files[$0 / parts], views: views?.part($0 % parts) ?? 0..<1) }
    }
    let count = files.count * parts
    func numbers(from first: Int) -> Range<Int> { min(first, count)..<min(first + chunk, count) }
    var next = start(jobs(numbers(from: 0)))
    for first in stride(from: 0, to: count, by: chunk) {
      let current = next
      next = start(jobs(numbers(from: first + chunk)))
      let samples = try current.values(isCancelled: isCancelled)
      let read = zip(numbers(from: first), samples).map { number, samples -> Part in
        (file: files[number / parts], samples: samples, isLast: number % parts == parts - 1)
      }
      try body(read)
    }
  }

  /// What one thread reads in one go.
  private struct Job: Sendable {
    var file: ManifestFile
    /// Of all views of the file; where there are none its clips are read.
    var views: Range<Int>
  }

  private func start(_ jobs: [Job]) -> WatchedReads<Result<[FixedSample], DataError>> {
    let reader = self
    return WatchedReads(
      of: jobs.map(\.file.path), threads: threads, limit: timeLimit, givenUp: { .failure(DataError($0)) },
      read: { index in
        let job = jobs[index]
        return Result { () throws(DataError) in
          if let views = reader.views {
            return try FixedSample.windows(
              of: job.file, request: reader.request, timeLimit: reader.timeLimit, allowsTruncated: reader.allowsTruncated
            ) { views.windows(job.views, reader.request, of: $0, frames: $1) }
          }
          return try FixedSample.spread(
            reader.clips, of: job.file, request: reader.request, window: reader.window, timeLimit: reader.timeLimit,
            allowsTruncated: reader.allowsTruncated)
        }
      })
  }
}
