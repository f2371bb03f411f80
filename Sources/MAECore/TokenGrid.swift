/// How many tokens a clip has along time, height and width.
///
/// Tokens are numbered time first, then rows, then columns: `(t · height + y) · width + x`.
public struct TokenGrid: Hashable, Codable, Sendable, CustomStringConvertible {
  /// Time slots, one for each tubelet.
  public var time: Int
  /// Rows of tokens.
  public var height: Int
  /// Columns of tokens.
  public var width: Int

  /// A grid; of stills with one time slot.
  public init(time: Int = 1, height: Int, width: Int) {
    self.time = time
    self.height = height
    self.width = width
  }

  /// Tokens in one time slot.
  public var plane: Int { height * width }
  /// Tokens in all.
  public var count: Int { time * plane }
  /// `time×height×width`, of stills `height×width`.
  public var description: String { time == 1 ? "\(height)×\(width)" : "\(time)×\(height)×\(width)" }
}
