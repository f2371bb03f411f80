/// Which numbers of an encoder stand for a sample.
public enum Pooling: String, Hashable, Codable, Sendable, CaseIterable {
  /// The mean over the patch tokens, and the vector's where there is one.
  case mean
  /// The class token; of several their mean.
  case cls
  /// Every patch token, in the order of the grid, and behind them the vector's where there is one.
  case tokens
}
