import MAECore

/// Hides tokens of every sense by themselves, in proportion to what each has (Sferrazza et al. 2023, M3L; public code
/// `models/pretrain_models.py`).
///
/// Of n tokens ⌊ratio · n⌋ are hidden: of the picture, the first slot of the grid, its share rounded down, and of each further
/// slot an equal part of the rest, rounded down.
public struct SenseMasking: MaskingStrategy {
  /// `senses`
  public static let kind = "senses"

  private let ratio: Double

  /// The masking at a ratio.
  public init(_ configuration: MaskingConfiguration) { ratio = configuration.ratio }

  /// Tokens of each slot that are hidden.
  private func hidden(of grid: TokenGrid) -> [Int] {
    let all = Int(ratio * Double(grid.count))
    guard grid.time > 1 else { return [all] }
    let image = Int(Double(all) * (Double(grid.plane) / Double(grid.count)))
    return [image] + [Int](repeating: (all - image) / (grid.time - 1), count: grid.time - 1)
  }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int { grid.count - hidden(of: grid).reduce(0, +) }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    mask(context.grid, orders: (0..<context.grid.time).map { _ in random.permutation(context.grid.plane) })
  }

  /// The mask of given orders of each slot's tokens, whose first ones are hidden.
  package func mask(_ grid: TokenGrid, orders: [[Int32]]) -> TokenMask {
    var isHidden = [Bool](repeating: false, count: grid.count)
    for (slot, count) in hidden(of: grid).enumerated() {
      for token in orders[slot].prefix(count) { isHidden[slot * grid.plane + Int(token)] = true }
    }
    return TokenMask(grid: grid, isHidden: isHidden)
  }
}

extension MaskingKind {
  /// ``SenseMasking``
  public static let senses = MaskingKind(SenseMasking.self)
}
