import MAEFoundation

/// What is wrong with a recipe: every problem found, one sentence each.
public struct RecipeError: ExplainedError, Hashable {
  /// Where the impossible values came from.
  public enum Origin: Hashable, Sendable {
    case commandLine
    /// A configuration file, by its path.
    case file(String)
  }

  /// Settings have the names that they have where they were given: `--mask-ratio`, or `model.masking.ratio` in a file.
  public var problems: [String]
  /// What has to be changed.
  public var origin: Origin
  /// Whether it is about settings that an earlier version had, so that a run with them cannot go on.
  public var isOutdated = false

  /// Every problem found in one place.
  public init(problems: [String], origin: Origin = .commandLine) {
    self.problems = problems
    self.origin = origin
  }

  init(_ problem: String, origin: Origin = .commandLine) { self.init(problems: [problem], origin: origin) }

  /// The same about a file, whose names settings then have.
  func from(_ origin: Origin) -> RecipeError {
    var error = self
    (error.problems, error.origin) = (problems.map(Settings.inFileSpelling), origin)
    return error
  }

  /// A mistake of a file or of the call.
  public var kind: FailureKind { if case .file = origin { .configuration } else { .usage } }

  /// One sentence for each problem.
  public var description: String {
    let text = problems.joined(separator: "; ")
    if case .file(let path) = origin { return "\(path): \(text)" }
    return text
  }
}
