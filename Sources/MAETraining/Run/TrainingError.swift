import MAEFoundation

/// Why a run could not start or go on, as one sentence.
public struct TrainingError: ExplainedError, Hashable {
  /// `usage`: the command contradicts the run folder; `missing` and `unusable`: a file of the run; `cannotCreate`: the folder
  /// cannot be made or belongs to somebody else; `diverged`: the loss stopped being a number, again and again.
  public var kind: FailureKind
  /// One sentence.
  public var description: String

  /// A sentence and what kind of trouble it is.
  public init(_ kind: FailureKind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
