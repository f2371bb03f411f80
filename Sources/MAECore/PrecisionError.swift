import MAEFoundation

/// A precision that the processor has no instructions for.
public struct PrecisionError: ExplainedError, Hashable {
  /// What was asked for.
  public var precision: Precision
  /// Name of the ``InstructionLevel`` that computes.
  public var level: String

  /// Asked for at a level.
  package init(_ precision: Precision, at level: InstructionLevel) {
    self.precision = precision
    self.level = level.name
  }

  /// The machine lacks something.
  public var kind: FailureKind { .unavailable }

  /// One sentence with what to do.
  public var description: String {
    """
    --precision \(precision.rawValue) takes a processor with AVX-512 BF16, and this process computes with \(level); leave it out \
    to compute with \(Precision.float32.rawValue)
    """
  }
}
