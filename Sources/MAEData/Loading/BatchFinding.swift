/// What a process found while it read its part of a batch, as it tells the others.
struct BatchFinding: Codable, Sendable {
  /// Why it has no part of the batch.
  struct Failure: Codable, Hashable, Sendable {
    /// Of a ``FailureKind``.
    var kind: String
    var sentence: String
  }

  /// Files that were tried.
  var attempts: [LoadedSample.Attempt] = []
  /// Whether every sample could be had.
  var isWhole = true
  var failure: Failure?

  /// - Parameter isNews: which of the attempts say what is not known yet.
  init(_ finished: FinishedBatch, where isNews: (LoadedSample.Attempt) -> Bool) {
    attempts = finished.attempts.filter(isNews)
    isWhole = finished.batch != nil
  }

  init(_ error: DataError) { failure = Failure(kind: error.kind.rawValue, sentence: error.description) }
}
