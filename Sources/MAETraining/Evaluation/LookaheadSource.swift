import MAECore
import MAEData

/// A source whose next batches can be looked at before they are trained on.
final class LookaheadSource: BatchSource {
  private let source: any BatchSource
  private var ahead: [Result<ClipBatch, any Error>] = []

  init(_ source: any BatchSource) { self.source = source }

  /// The next batches, which ``next()`` will give; fewer where reading fails, which ``next()`` will say.
  func peek(_ count: Int) -> [ClipBatch] {
    while ahead.count < count {
      ahead.append(Result { try source.next() })
      if case .failure = ahead.last { break }
    }
    return ahead.compactMap { try? $0.get() }
  }

  func next() throws -> ClipBatch { try ahead.isEmpty ? source.next() : ahead.removeFirst().get() }
  var waitSeconds: Double { source.waitSeconds }
  var badFiles: [BadFile] { source.badFiles }
  var effort: LoaderStatistics? { source.effort }
  var remarks: [String] { source.remarks }
  var failedReads: FailedReads { source.failedReads }
}
