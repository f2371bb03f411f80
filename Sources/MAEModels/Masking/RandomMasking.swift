import MAECore

/// Hides tokens uniformly over space and time (MAE, MAE-ST), or square units of several tokens (SimMIM, Pixio).
public struct RandomMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "random"
  /// What papers call it otherwise.
  public static let aliases = ["spacetime"]

  private let configuration: MaskingConfiguration

  /// Takes ratio and rounding of a configuration.
  public init(_ configuration: MaskingConfiguration) { self.configuration = configuration }

  /// Throws where the grid has no whole number of units of patches: what would be left at its edges belongs to none.
  public func check(_ grid: TokenGrid) throws(MaskingError) {
    guard case .visibleDownPatches(let side) = configuration.rounding else { return }
    guard side >= 1 else { throw MaskingError("model.masking.rounding has units of \(side) patches; expected at least 1") }
    guard grid.height.isMultiple(of: side), grid.width.isMultiple(of: side) else {
      throw MaskingError(
        """
        units of \(side) × \(side) patches, which are hidden as a whole, do not divide \(grid) tokens; choose --input-size as a \
        multiple of \(side) times --patch-size, or smaller units: \
        model.masking.rounding: {visible-down-blocks: {patches: 2}} in a file
        """)
    }
  }

  /// Side of a unit in tokens: of units in pixels the largest not above the configured one that divides the grid and leaves a
  /// unit visible.
  private func unit(in grid: TokenGrid) -> Int {
    if case .visibleDownPatches(let side) = configuration.rounding { return side }
    return configuration.rounding.unit.map { configuration.unit(atMost: $0, in: grid) } ?? 1
  }

  /// What people should know beside name and ratio.
  public func remark(on grid: TokenGrid) -> String? {
    guard let wanted = configuration.rounding.unit else { return nil }
    let side = unit(in: grid)
    let text = "units of \(side) × \(side) tokens"
    return side == wanted ? text : text + ": those of \(wanted) × \(wanted) do not divide the grid"
  }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int {
    let side = unit(in: grid)
    return configuration.visibleUnits(of: side, in: grid) * side * side
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let side = unit(in: context.grid)
    return mask(context.grid, order: random.permutation(context.grid.count / (side * side)))
  }

  /// The mask whose first units in an order are visible.
  ///
  /// - Parameter order: numbers of units in raster order.
  package func mask(_ grid: TokenGrid, order: [Int32]) -> TokenMask {
    let side = unit(in: grid)
    let (rows, columns) = (grid.height / side, grid.width / side)
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

extension MaskingKind {
  /// ``RandomMasking``
  public static let random = MaskingKind(RandomMasking.self)
}
