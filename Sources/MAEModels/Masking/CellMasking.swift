import MAECore

/// VideoMAE V2's running cell: every 2 × 2 cell hides the same ⌊4 · ratio⌋ places, which move on by one in each time slot.
///
/// Made for decoder masking (Wang et al. 2023, section 3.2): what it leaves visible, the decoder is asked for. A queue of four
/// holds the hidden places first; slot t uses it rolled by start + t + 1, start uniform in 0…3.
public struct CellMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "cell"

  private let hiddenPerCell: Int

  /// Throws unless the ratio hides one, two or three of four tokens.
  public init(_ configuration: MaskingConfiguration) throws(MaskingError) {
    hiddenPerCell = Int(4 * configuration.ratio)
    guard (1...3).contains(hiddenPerCell) else {
      throw MaskingError(
        "mask ratio \(configuration.ratio) with masking 'cell' hides \(hiddenPerCell) of 4 tokens; use 0.25, 0.5 or 0.75")
    }
  }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int {
    grid.time * (grid.height / 2) * (grid.width / 2) * (4 - hiddenPerCell)
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) throws(MaskingError) -> TokenMask {
    let grid = context.grid
    guard grid.height.isMultiple(of: 2), grid.width.isMultiple(of: 2) else {
      throw MaskingError("masking 'cell' needs an even number of rows and columns of tokens, not \(grid)")
    }
    let start = random.below(4)
    return TokenMask(
      grid: grid,
      isHidden: (0..<grid.count).map { token in
        let (slot, row, column) = (token / grid.plane, token / grid.width % grid.height, token % grid.width)
        return (row % 2 * 2 + column % 2 + start + slot + 1) % 4 < hiddenPerCell
      })
  }
}

extension MaskingKind {
  /// ``CellMasking``
  public static let cell = MaskingKind(CellMasking.self)
}
