import MAEFoundation

/// A configuration that cannot be built, with every reason at once.
public struct ConfigurationError: ExplainedError, Hashable {
  /// One sentence each.
  public var problems: [String]
  /// Impossible values come from whoever asks for them.
  public var kind: FailureKind { .usage }

  /// Several problems at once.
  public init(_ problems: [String]) { self.problems = problems }
  /// One problem.
  public init(_ problem: String) { problems = [problem] }

  /// All problems in one line.
  public var description: String { problems.joined(separator: "; ") }
}
