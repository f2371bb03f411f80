import MAECore

/// The maskings that can be named; a program can add its own.
public struct MaskingCatalog: Sendable {
  public private(set) var strategies: [any MaskingStrategy.Type]

  public static let builtIn = MaskingCatalog(strategies: [
    RandomMasking.self,
    TubeMasking.self,
    FrameMasking.self,
    BlockMasking.self,
    GridMasking.self,
    CellMasking.self,
    GivenMasking.self,
    SelfGuidedMasking.self,
  ])

  public func adding(_ strategy: any MaskingStrategy.Type) -> MaskingCatalog {
    MaskingCatalog(strategies: strategies + [strategy])
  }

  public var names: [String] { strategies.flatMap { [$0.kind] + $0.aliases } }

  /// The strategy of a configuration, checked against the grid.
  public func strategy(
    _ configuration: MaskingConfiguration, grid: TokenGrid, patch: Int
  ) throws(MaskingError) -> any MaskingStrategy {
    let kind = configuration.kind
    guard let type = strategies.first(where: { $0.kind == kind || $0.aliases.contains(kind) }) else {
      throw MaskingError("mask-type '\(kind)' is unknown; expected a file or one of \(names.joined(separator: ", "))")
    }
    guard configuration.ratio > 0, configuration.ratio < 1 else {
      throw MaskingError("mask-ratio is \(configuration.ratio); expected more than 0 and less than 1")
    }
    let strategy = try type.init(configuration, patch: patch)
    try strategy.check(grid)
    let visible = strategy.visibleCount(in: grid)
    guard visible > 0 else { throw .nothingVisible(kind, grid, ratio: configuration.ratio) }
    guard visible < grid.count else { throw .nothingHidden(kind, grid, ratio: configuration.ratio) }
    return strategy
  }
}
