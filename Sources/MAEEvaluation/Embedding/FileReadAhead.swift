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

  /// Calls `body` with one chunk of files after the other, in their order.
  ///
  /// - Parameter isCancelled: asked a few times a second; waiting ends when it says so.
  /// - Throws: ``DataError`` when the storage does not answer, or of kind `interrupted` when waiting is cancelled; what
  ///   `body` throws.
  func forEachChunk(
    of files: [ManifestFile], isCancelled: () -> Bool = { false }, _ body: ([Outcome]) throws -> Void
  ) throws {
    var next = start(files.prefix(chunk))
    for first in stride(from: 0, to: files.count, by: chunk) {
      let current = next
      next = start(files.dropFirst(first + chunk).prefix(chunk))
      let samples = try current.values(isCancelled: isCancelled)
      try body(zip(files[first...], samples).map { ($0, $1) })
    }
  }

  private func start(_ files: ArraySlice<ManifestFile>) -> WatchedReads<Result<[FixedSample], DataError>> {
    let (files, reader) = (Array(files), self)
    return WatchedReads(
      of: files.map(\.path), threads: threads, limit: timeLimit, givenUp: { .failure(DataError($0)) },
      read: { index in
        Result { () throws(DataError) in
          if let views = reader.views {
            return try FixedSample.windows(
              of: files[index], request: reader.request, timeLimit: reader.timeLimit, allowsTruncated: reader.allowsTruncated
            ) { views.windows(reader.request, of: $0, frames: $1) }
          }
          return try FixedSample.spread(
            reader.clips, of: files[index], request: reader.request, window: reader.window, timeLimit: reader.timeLimit,
            allowsTruncated: reader.allowsTruncated)
        }
      })
  }
}
