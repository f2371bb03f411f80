/// Which numbers of an encoder stand for a sample.
public enum Pooling: String, Hashable, Codable, Sendable, CaseIterable {
  /// The mean over the patch tokens.
  case mean
  /// The class token; of several their mean.
  case cls
  /// Every patch token, in the order of the grid.
  case tokens
}
