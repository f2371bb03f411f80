import MAEFoundation

/// Why processes cannot work together, or what another one met with; a sentence.
public struct ProcessError: ExplainedError, Hashable {
  /// `unavailable`: the program was built without MPI; `usage`: the processes were started in different ways; `inputOutput`: what
  /// was sent did not arrive; otherwise what another process met with.
  public var kind: FailureKind
  /// One sentence.
  public var description: String

  /// A sentence and what kind of trouble it is.
  public init(_ kind: FailureKind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
