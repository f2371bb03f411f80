import MAECore

/// Hides tokens uniformly over space and time (MAE, MAE-ST), or square units of several tokens (SimMIM).
public struct RandomMasking: MaskingStrategy {
  public static let kind = "random"
  public static let aliases = ["spacetime"]

  private let configuration: MaskingConfiguration
  private let patch: Int

  public init(_ configuration: MaskingConfiguration, patch: Int) {
    self.configuration = configuration
    self.patch = patch
  }

  /// Side of a unit in tokens: the largest not above the configured one that divides the grid.
  private func unit(in grid: TokenGrid) -> Int {
    guard case .hiddenUp(let pixels) = configuration.rounding, pixels > patch else { return 1 }
    return stride(from: pixels / patch, to: 1, by: -1).first { grid.height % $0 == 0 && grid.width % $0 == 0 } ?? 1
  }

  public func visibleCount(in grid: TokenGrid) -> Int {
    let area = unit(in: grid) * unit(in: grid)
    return configuration.rounding.visible(of: grid.count / area, ratio: configuration.ratio) * area
  }

  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let (grid, side) = (context.grid, unit(in: context.grid))
    let (rows, columns) = (grid.height / side, grid.width / side)
    let order = random.permutation(grid.time * rows * columns)
    var isHidden = [Bool](repeating: true, count: grid.count)
    for unit in order.prefix(visibleCount(in: grid) / (side * side)) {
      let (time, row, column) = (Int(unit) / (rows * columns), Int(unit) / columns % rows, Int(unit) % columns)
      for y in 0..<side {
        for x in 0..<side {
          isHidden[(time * grid.height + row * side + y) * grid.width + column * side + x] = false
        }
      }
    }
    return TokenMask(grid: grid, isHidden: isHidden)
  }
}
