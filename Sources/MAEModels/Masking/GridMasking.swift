import MAECore

/// Keeps the first of every 2 × 2 tokens (MAE's ablation); the only ratio is 0.75.
public struct GridMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "grid"

  /// Throws unless the ratio is 0.75.
  public init(_ configuration: MaskingConfiguration) throws(MaskingError) {
    guard configuration.ratio == 0.75 else {
      throw MaskingError("--mask-ratio is \(configuration.ratio); masking 'grid' keeps one of four tokens, use 0.75")
    }
  }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int {
    grid.time * ((grid.height + 1) / 2) * ((grid.width + 1) / 2)
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    return TokenMask(
      grid: grid,
      isHidden: (0..<grid.count).map {
        !(($0 / grid.width % grid.height).isMultiple(of: 2) && ($0 % grid.width).isMultiple(of: 2))
      })
  }
}

extension MaskingKind {
  /// ``GridMasking``
  public static let grid = MaskingKind(GridMasking.self)
}
