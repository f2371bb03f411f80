import Foundation
import MAEFoundation
import MAEMedia

/// Reads files side by side on threads of its own, and goes on without a file whose read does not return, as on a network drive
/// that is gone: the thread is left behind, and another one takes its place.
///
/// Reading begins when it is made.
package final class WatchedReads<Value: Sendable>: @unchecked Sendable {
  // All variables are read and changed only between `condition.lock()` and `condition.unlock()`.
  private let condition = NSCondition()
  private var results: [Value?]
  private var missing: Int
  private var next = 0
  private var running: [ObjectIdentifier: LoaderWorker] = [:]
  private var leftBehind = 0

  private let paths: [String]
  private let threads: Int
  private let limit: Duration?
  private let givenUp: @Sendable (MediaError) -> Value
  private let read: @Sendable (Int) -> Value

  /// - Parameters:
  ///   - limit: how long a read may not get on; nil for ever.
  ///   - givenUp: what stands for a file whose read did not return.
  ///   - read: reads a file, by its place in `paths`.
  package init(
    of paths: [String], threads: Int, limit: Duration?, givenUp: @escaping @Sendable (MediaError) -> Value,
    read: @escaping @Sendable (Int) -> Value
  ) {
    self.paths = paths
    self.threads = max(1, min(threads, paths.count))
    self.limit = limit
    self.givenUp = givenUp
    self.read = read
    results = Array(repeating: nil, count: paths.count)
    missing = paths.count
    for _ in 0..<min(self.threads, paths.count) { startWorker() }
  }

  /// What was read, in the order of the files; waits until it is there.
  ///
  /// - Parameters:
  ///   - isCancelled: asked a few times a second; waiting ends when it says so.
  ///   - progress: called as often with the number of files that are done, and of all.
  /// - Throws: ``DataError`` of kind `inputOutput` when read after read did not return, `interrupted` when waiting is cancelled.
  package func values(
    isCancelled: () -> Bool = { false }, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(DataError) -> [Value] {
    condition.lock()
    defer {
      // Whatever was not begun is not needed any more.
      next = paths.count
      condition.unlock()
    }
    // Asked at least once: reads that keep ahead of whoever uses them are never waited for.
    repeat {
      progress(paths.count - missing, paths.count)
      if isCancelled() { throw .stoppedReading }
      for worker in running.values where worker.isStalled(limit) { try leaveBehind(worker) }
      if missing > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
    } while missing > 0
    progress(paths.count, paths.count)
    return results.map { $0! }
  }

  private func leaveBehind(_ worker: LoaderWorker) throws(DataError) {
    guard let file = worker.file, let limit else { return }
    let path = worker.progress.path ?? paths[file]
    worker.leaveBehind()
    running[ObjectIdentifier(worker)] = nil
    results[file] = givenUp(MediaError.gaveUp(path, doing: "reading", after: limit))
    missing -= 1
    leftBehind += 1
    if leftBehind > LoaderWorker.replacements * threads { throw .noAnswer(leftBehind, limit, last: path) }
    if next < paths.count { startWorker() }
  }

  private func startWorker() {
    let worker = LoaderWorker()
    worker.start { [self] in
      while let file = takeFile(worker) { finish(file, read(file), worker) }
    }
  }

  private func takeFile(_ worker: LoaderWorker) -> Int? {
    condition.lock()
    defer { condition.unlock() }
    guard next < paths.count, !worker.isLeftBehind else {
      running[ObjectIdentifier(worker)] = nil
      return nil
    }
    defer { next += 1 }
    worker.begin(next)
    running[ObjectIdentifier(worker)] = worker
    return next
  }

  private func finish(_ file: Int, _ value: Value, _ worker: LoaderWorker) {
    condition.lock()
    defer { condition.unlock() }
    // What comes from a thread that was given up is known already.
    guard !worker.isLeftBehind else { return }
    results[file] = value
    missing -= 1
    running[ObjectIdentifier(worker)] = nil
    if missing == 0 { condition.broadcast() }
  }
}
