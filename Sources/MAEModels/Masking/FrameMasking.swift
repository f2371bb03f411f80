import MAECore

/// Hides whole time slots (the weak variant in both video papers' ablations; MAE-ST calls it time-only).
public struct FrameMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "frame"
  /// What papers call it otherwise.
  public static let aliases = ["time-only"]

  private let configuration: MaskingConfiguration

  /// Takes ratio and rounding of a configuration.
  public init(_ configuration: MaskingConfiguration) { self.configuration = configuration }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int { visibleSlots(in: grid) * grid.plane }

  private func visibleSlots(in grid: TokenGrid) -> Int {
    configuration.rounding.visible(of: grid.time, ratio: configuration.ratio)
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    let visible = Set(random.permutation(grid.time).prefix(visibleSlots(in: grid)))
    return TokenMask(
      grid: grid, isHidden: (0..<grid.count).map { !visible.contains(Int32($0 / grid.plane)) })
  }
}

extension MaskingKind {
  /// ``FrameMasking``
  public static let frame = MaskingKind(FrameMasking.self)
}
