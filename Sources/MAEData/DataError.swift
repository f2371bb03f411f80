/// Data that cannot be used: one sentence saying what, where and what to do next.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// A path that was named does not exist.
    case missing
    /// The data is there and no use: no media, a list that cannot be read, too many bad files.
    case unusable
    /// A value asks for what a file does not have, such as a time past its end.
    case impossible
    /// The loader was stopped while somebody waited for a batch.
    case stopped
  }

  public var kind: Kind
  public var description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
