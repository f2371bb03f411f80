/// Which tokens of a clip the encoder sees: a partition of the grid into visible and hidden tokens, ascending.
///
/// Hidden tokens are those a decoder predicts; with decoder masking some tokens are neither (`dropped`).
public struct TokenMask: Hashable, Sendable {
  public let grid: TokenGrid
  public let visible: [Int32]
  public let hidden: [Int32]

  /// - Precondition: numbers are ascending, inside the grid, and in at most one of the lists.
  public init(grid: TokenGrid, visible: [Int32], hidden: [Int32]) {
    precondition(visible.count + hidden.count <= grid.count, "TokenMask: more tokens than the grid \(grid) has")
    self.grid = grid
    self.visible = visible
    self.hidden = hidden
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
  public var droppedCount: Int { grid.count - visible.count - hidden.count }

  /// One byte per token: 1 = not visible to the encoder.
  public var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 1, count: grid.count)
    for token in visible { bytes[Int(token)] = 0 }
    return bytes
  }
}
