import MAEFoundation

/// What is wrong with a recipe: every problem found, one sentence each.
public struct RecipeError: ExplainedError, Hashable {
  /// Where the impossible values came from.
  public enum Origin: Hashable, Sendable {
    case commandLine
    case file(String)
  }

  public var problems: [String]
  public var origin: Origin

  public init(problems: [String], origin: Origin = .commandLine) {
    self.problems = problems
    self.origin = origin
  }

  init(_ problem: String, origin: Origin = .commandLine) { self.init(problems: [problem], origin: origin) }

  func from(_ origin: Origin) -> RecipeError { RecipeError(problems: problems, origin: origin) }

  public var kind: FailureKind { if case .file = origin { .configuration } else { .usage } }

  public var description: String {
    let text = problems.joined(separator: "; ")
    if case .file(let path) = origin, !text.hasPrefix(path) { return "\(path): \(text)" }
    return text
  }
}
