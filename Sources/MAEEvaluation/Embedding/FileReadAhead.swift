import Foundation
import MAECore
import MAEData
import MAEFoundation
import Synchronization

/// Reads the fixed samples of files, a chunk ahead of whoever uses them.
struct FileReadAhead {
  let request: SampleRequest
  /// The part of a source that is cut out.
  let window: @Sendable (FrameSize) -> PixelRect
  /// Of each video.
  var clips = 1
  /// Takes what there is of a still whose end is missing.
  var allowsTruncated = false
  /// Files of a chunk; two chunks are in memory at a time.
  let chunk: Int
  /// Files read side by side.
  let threads: Int

  typealias Outcome = (file: ManifestFile, samples: Result<[FixedSample], DataError>)

  /// Calls `body` with one chunk of files after the other, in their order.
  func forEachChunk(of files: [ManifestFile], _ body: ([Outcome]) throws -> Void) rethrows {
    var next = start(files.prefix(chunk))
    for first in stride(from: 0, to: files.count, by: chunk) {
      let current = next
      next = start(files.dropFirst(first + chunk).prefix(chunk))
      try body(current.wait())
    }
  }

  private func start(_ files: ArraySlice<ManifestFile>) -> PendingChunk {
    let (request, window, clips, allowsTruncated) = (request, window, clips, allowsTruncated)
    return PendingChunk(Array(files), threads: threads) { file in
      Result { () throws(DataError) in
        try FixedSample.spread(
          clips, path: file.path, request: request, span: file.span, window: window, allowsTruncated: allowsTruncated)
      }
    }
  }
}

/// Files that are being read on other threads.
private final class PendingChunk: Sendable {
  private let files: [ManifestFile]
  private let samples = Mutex<[Result<[FixedSample], DataError>]>([])
  private let done = DispatchSemaphore(value: 0)

  init(
    _ files: [ManifestFile], threads: Int, _ read: @escaping @Sendable (ManifestFile) -> Result<[FixedSample], DataError>
  ) {
    self.files = files
    DispatchQueue.global().async { [self] in
      let read = parallelMap(files, threads: threads, read)
      samples.withLock { $0 = read }
      done.signal()
    }
  }

  func wait() -> [FileReadAhead.Outcome] {
    done.wait()
    return zip(files, samples.withLock { $0 }).map { ($0, $1) }
  }
}
