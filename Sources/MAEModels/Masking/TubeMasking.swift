import MAECore

/// Hides the same places in every time slot, so that a hidden place cannot be copied from a neighbouring frame (VideoMAE).
public struct TubeMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "tube"
  /// What papers call it otherwise.
  public static let aliases = ["space-only"]

  private let configuration: MaskingConfiguration

  /// Takes ratio and rounding of a configuration.
  public init(_ configuration: MaskingConfiguration) { self.configuration = configuration }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int { visiblePlaces(in: grid) * grid.time }

  private func visiblePlaces(in grid: TokenGrid) -> Int {
    configuration.rounding.visible(of: grid.plane, ratio: configuration.ratio)
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    var plane = [Bool](repeating: true, count: context.grid.plane)
    for place in random.permutation(plane.count).prefix(visiblePlaces(in: context.grid)) { plane[Int(place)] = false }
    return TokenMask(
      grid: context.grid, isHidden: Array(repeatElement(plane, count: context.grid.time).joined()))
  }
}

extension MaskingKind {
  /// ``TubeMasking``
  public static let tube = MaskingKind(TubeMasking.self)
}
