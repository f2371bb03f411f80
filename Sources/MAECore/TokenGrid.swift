/// How many tokens a clip has along time, height and width.
///
/// Tokens are numbered time first, then rows, then columns: `(t · height + y) · width + x`.
public struct TokenGrid: Hashable, Codable, Sendable, CustomStringConvertible {
  public var time: Int
  public var height: Int
  public var width: Int

  public init(time: Int = 1, height: Int, width: Int) {
    self.time = time
    self.height = height
    self.width = width
  }

  /// Tokens in one time slot.
  public var plane: Int { height * width }
  public var count: Int { time * plane }
  public var description: String { time == 1 ? "\(height)×\(width)" : "\(time)×\(height)×\(width)" }
}
