import MAEFoundation

/// A configuration that cannot be built, with every reason at once.
public struct ConfigurationError: ExplainedError, Hashable {
  public var problems: [String]
  public var kind: FailureKind { .usage }

  public init(_ problems: [String]) { self.problems = problems }
  public init(_ problem: String) { problems = [problem] }

  public var description: String { problems.joined(separator: "; ") }
}
