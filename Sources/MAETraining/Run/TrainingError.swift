/// Why a run could not start or go on, as one sentence.
public struct TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is; a program picks its exit code by it.
  public enum Kind: Hashable, Sendable {
    /// The command asks for something that contradicts the run folder.
    case usage
    /// A file that was named is not there.
    case missing
    /// What is there cannot be used, e.g. a damaged state file.
    case unusable
    /// The run folder cannot be made, or belongs to somebody else.
    case cannotCreate
    /// Reading or writing failed half-way, e.g. because the disk is full.
    case inputOutput
    /// The loss stopped being a number, again and again.
    case diverged
  }

  public var kind: Kind
  public var description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
