import MAECore

/// Hides what somebody else chose: each sample draws one of the masks of the configuration.
public struct GivenMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "given"

  private let masks: [[Bool]]

  /// Takes the masks of a configuration; throws when there are none or they hide different numbers of tokens.
  public init(_ configuration: MaskingConfiguration) throws(MaskingError) {
    masks = (configuration.masks ?? []).map { $0.map { $0 == "1" } }
    guard let first = masks.first else {
      throw MaskingError("masking 'given' has no masks; name a file of masks with --mask-type")
    }
    guard masks.allSatisfy({ $0.count == first.count && $0.count(where: \.self) == first.count(where: \.self) }) else {
      throw MaskingError("the given masks differ in their number of tokens or of hidden tokens; batches need equal counts")
    }
  }

  /// Throws where masks and grid have different numbers of tokens.
  public func check(_ grid: TokenGrid) throws(MaskingError) {
    guard [grid.count, grid.plane].contains(masks[0].count) else {
      throw MaskingError(
        "the given masks are for \(masks[0].count) tokens; the model has \(grid.count) (\(grid)), \(grid.plane) in a time slot")
    }
  }

  /// What people should know beside name and ratio.
  public func remark(on grid: TokenGrid) -> String? {
    "one of \(masks.count) for each sample, which hide \(grid.count - visibleCount(in: grid)) tokens whatever --mask-ratio says"
  }

  /// Masks of one time slot hold for all.
  private func slots(in grid: TokenGrid) -> Int { masks[0].count == grid.count ? 1 : grid.time }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int { masks[0].count { !$0 } * slots(in: grid) }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let mask = masks[masks.count == 1 ? 0 : random.below(masks.count)]
    return TokenMask(
      grid: context.grid, isHidden: Array(repeatElement(mask, count: slots(in: context.grid)).joined()))
  }
}

extension MaskingKind {
  /// ``GivenMasking``
  public static let given = MaskingKind(GivenMasking.self)
}
