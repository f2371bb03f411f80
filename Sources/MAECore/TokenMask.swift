/// Which tokens of a clip the encoder sees and which the decoder is asked for, ascending.
///
/// Usually a partition of the grid. With decoder masking (VideoMAE V2) some tokens are neither, and the decoder may be asked
/// for a few that the encoder saw, which then do not count in the loss.
public struct TokenMask: Hashable, Sendable {
  /// Of the clip.
  public let grid: TokenGrid
  /// Tokens that the encoder sees, ascending.
  public let visible: [Int32]
  /// Tokens that the decoder predicts.
  public let hidden: [Int32]
  /// Of `hidden`, those that the encoder saw: predicted, but without a loss.
  public let unscored: [Int32]

  /// - Precondition: numbers are ascending and inside the grid.
  public init(grid: TokenGrid, visible: [Int32], hidden: [Int32], unscored: [Int32] = []) {
    precondition(
      visible.count + hidden.count - unscored.count <= grid.count, "TokenMask: more tokens than the grid \(grid) has")
    self.grid = grid
    self.visible = visible
    self.hidden = hidden
    self.unscored = unscored
  }

  /// Splits the grid by one flag per token, true = hidden.
  public init(grid: TokenGrid, isHidden: [Bool]) {
    precondition(isHidden.count == grid.count, "TokenMask: \(isHidden.count) flags for the grid \(grid)")
    self.init(
      grid: grid,
      visible: isHidden.indices.filter { !isHidden[$0] }.map(Int32.init),
      hidden: isHidden.indices.filter { isHidden[$0] }.map(Int32.init))
  }

  /// Tokens that are neither encoded nor predicted.
  public var droppedCount: Int { grid.count - visible.count - hidden.count + unscored.count }

  /// One byte per token: 1 = not visible to the encoder.
  public var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 1, count: grid.count)
    for token in visible { bytes[Int(token)] = 0 }
    return bytes
  }

  /// The same visible tokens, with predictions for `tokens` alone; those of them that are visible do not count in the loss.
  public func predicting(_ tokens: [Int32]) -> TokenMask {
    let seen = Set(visible)
    return TokenMask(grid: grid, visible: visible, hidden: tokens, unscored: tokens.filter(seen.contains))
  }
}
