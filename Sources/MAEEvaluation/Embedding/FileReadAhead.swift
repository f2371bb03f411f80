import Foundation
import MAECore
import MAEData
import Synchronization

/// Reads the fixed samples of files, a chunk ahead of whoever uses them.
struct FileReadAhead {
  let request: SampleRequest
  /// The part of a source that is cut out.
  let window: @Sendable (FrameSize) -> PixelRect
  /// Files of a chunk; two chunks are in memory at a time.
  let chunk: Int
  /// Files read side by side.
  let threads: Int

  typealias Outcome = (file: ManifestFile, sample: Result<FixedSample, DataError>)

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
    let (request, window, threads) = (request, window, threads)
    return PendingChunk(Array(files), threads: threads) { file in
      Result { () throws(DataError) in
        try FixedSample(path: file.path, request: request, span: file.span, window: window)
      }
    }
  }
}

/// Files that are being read on other threads.
private final class PendingChunk: Sendable {
  private let files: [ManifestFile]
  private let samples: Mutex<[Result<FixedSample, DataError>?]>
  private let done = DispatchSemaphore(value: 0)

  init(
    _ files: [ManifestFile], threads: Int, _ read: @escaping @Sendable (ManifestFile) -> Result<FixedSample, DataError>
  ) {
    self.files = files
    samples = Mutex(Array(repeating: nil, count: files.count))
    DispatchQueue.global().async { [self] in
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: max(1, min(threads, files.count))) { _ in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < files.count else { return }
          let sample = read(files[index])
          samples.withLock { $0[index] = sample }
        }
      }
      done.signal()
    }
  }

  func wait() -> [FileReadAhead.Outcome] {
    done.wait()
    return zip(files, samples.withLock { $0 }).map { ($0, $1!) }
  }
}

extension DataError {
  /// What is wrong, without the path, which stands beside it in a list.
  func reason(without path: String) -> String {
    description.hasPrefix(path + ": ") ? String(description.dropFirst(path.count + 2)) : description
  }
}
