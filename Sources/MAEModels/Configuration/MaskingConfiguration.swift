import MAECore

/// Which masking hides how many tokens.
public struct MaskingConfiguration: Codable, Hashable, Sendable {
  /// Which masking it is.
  public var kind: MaskingKind
  /// Hidden share of the tokens, above 0 and below 1.
  public var ratio: Double
  /// How the ratio becomes a count.
  public var rounding: RatioRounding
  /// Share of the tokens that the decoder is not asked for (Wang et al. 2023, VideoMAE V2); nil = it is asked for every
  /// hidden token. Only training does this.
  public var decoderRatio: Double?
  /// The masking that chooses them.
  public var decoderKind = MaskingKind.cell
  /// Share of all tokens that are predicted, drawn from the hidden ones (Fu et al. 2024, CrossMAE): the others are thrown away,
  /// neither encoded nor predicted. Nil = every hidden token is predicted. Only training throws away.
  public var keptRatio: Double?
  /// Of masking 'given': one character per token, 1 = hidden; for the grid or for one time slot of it.
  public var masks: [String]?
  /// Of masking 'self-guided'.
  public var guide: GuideConfiguration?
  /// Cameras whose pictures are the time slots of the grid by turns; a model fills it in from its input, and files do not hold
  /// it.
  var views: Int?
  /// Settings that a masking brings along, by ``MaskingStrategy/options``; nil = none is given.
  public var options: [String: SettingValue]?

  /// A masking at a ratio.
  public init(
    kind: MaskingKind, ratio: Double, rounding: RatioRounding = .visibleDown, decoderRatio: Double? = nil,
    guide: GuideConfiguration? = nil
  ) {
    self.kind = kind
    self.ratio = ratio
    self.rounding = rounding
    self.decoderRatio = decoderRatio
    self.guide = guide
  }

  /// The value of an option of the masking.
  public subscript(_ option: OptionDefinition) -> SettingValue { option.value(in: options) }

  /// The same for pictures and measures, which need every token to be visible or hidden: nothing is left out by decoder masking
  /// or thrown away.
  package var ofAllTokens: MaskingConfiguration {
    var masking = self
    (masking.decoderRatio, masking.keptRatio) = (nil, nil)
    if kind == .attention {
      (masking.kind, masking.options) = (.random, nil)
      masking.ratio += self[AttentionMasking.thrown].number ?? 0
    }
    return masking
  }

  /// What chooses tokens, checked against the grid.
  ///
  /// - Parameter patch: side of a patch in pixels.
  /// - Throws: ``MaskingError`` for an impossible value, or one that leaves nothing visible or nothing hidden.
  public func strategy(for grid: TokenGrid, patch: Int) throws(MaskingError) -> any MaskingStrategy {
    guard ratio > 0, ratio < 1 else {
      // Shares are often written in percent.
      let hint = (2..<100).contains(ratio) ? "; did you mean \(ratio / 100)?" : ""
      throw MaskingError("--mask-ratio is \(ratio); expected a share above 0 and below 1\(hint)")
    }
    let problems = OptionDefinition.problems(
      with: options, of: kind.type.options, group: "model.masking.options", owner: "masking '\(kind)'")
    guard problems.isEmpty else { throw MaskingError(problems.joined(separator: "; ")) }
    let strategy = try kind.type.init(inTokens(ofPatch: patch))
    try strategy.check(grid)
    let visible = strategy.visibleCount(in: grid)
    guard visible > 0 else { throw .nothingVisible(kind.name, grid, ratio: ratio) }
    guard visible < grid.count else { throw .nothingHidden(kind.name, grid, ratio: ratio) }
    return strategy
  }

  /// The same with units in tokens, as strategies take it.
  ///
  /// - Parameter patch: side of a patch in pixels.
  package func inTokens(ofPatch patch: Int) -> MaskingConfiguration {
    var configuration = self
    switch rounding {
    case .hiddenUp(let unit): configuration.rounding = .hiddenUp(unit: max(1, unit / patch))
    case .visibleDownBlocks(let unit): configuration.rounding = .visibleDownBlocks(unit: max(1, unit / patch))
    case .visibleDown, .hiddenDown, .visibleDownPatches: break
    }
    return configuration
  }

  /// Takes smaller units of patches where those that it has do not divide a grid or leave no unit of it visible: for weights,
  /// which do not tell their units, and for an encoder at another input size.
  ///
  /// - Returns: whether they are smaller now.
  @discardableResult public mutating func fitUnits(to grid: TokenGrid) -> Bool {
    guard case .visibleDownPatches(let wanted) = rounding else { return false }
    rounding = .visibleDownPatches(side: unit(atMost: wanted, in: grid))
    return rounding != .visibleDownPatches(side: wanted)
  }

  /// Tokens along a side of the largest units, of at most so many, that divide a grid and of which one is visible.
  func unit(atMost wanted: Int, in grid: TokenGrid) -> Int {
    stride(from: wanted, to: 1, by: -1).first { side in
      grid.height.isMultiple(of: side) && grid.width.isMultiple(of: side) && visibleUnits(of: side, in: grid) > 0
    } ?? 1
  }

  /// How many units of so many tokens along a side are visible.
  func visibleUnits(of side: Int, in grid: TokenGrid) -> Int {
    rounding.visible(of: grid.count / (side * side), ratio: ratio)
  }

  /// How many of the hidden tokens are predicted, nil = all: of n tokens ⌊n · (ratio − kept ratio)⌋ are thrown away, in double
  /// precision as the public implementation computes it.
  ///
  /// - Parameter hidden: tokens that are not visible.
  package func keptCount(of hidden: Int, in grid: TokenGrid) -> Int? {
    keptRatio.map { hidden - Int(Double(grid.count) * (ratio - $0)) }
  }

  /// What is impossible about the share that is predicted, one sentence each.
  var keptProblems: [String] {
    guard let keptRatio else { return [] }
    var problems: [String] = []
    if !(keptRatio > 0 && keptRatio <= ratio) {
      problems.append("--kept-mask-ratio is \(keptRatio); expected more than 0 and at most --mask-ratio, \(ratio)")
    }
    if decoderRatio != nil {
      problems.append("--kept-mask-ratio goes without --decoder-mask-ratio: both say which tokens are predicted")
    }
    return problems
  }

  /// What chooses the tokens that the decoder is asked for, where that is a choice: those that it leaves visible.
  func decoderStrategy(for grid: TokenGrid, patch: Int) throws(MaskingError) -> (any MaskingStrategy)? {
    guard let decoderRatio else { return nil }
    return try MaskingConfiguration(kind: decoderKind, ratio: decoderRatio).strategy(for: grid, patch: patch)
  }
}

/// How a ratio becomes a count; public implementations differ, and counts must agree with theirs.
public enum RatioRounding: Codable, Hashable, Sendable {
  /// visible = ⌊n · (1 − ratio)⌋ (MAE and its relatives).
  case visibleDown
  /// hidden = ⌊ratio · n⌋ (VideoMAE, per plane).
  case hiddenDown
  /// hidden = ⌈ratio · n⌉ over square units of `unit` pixels (SimMIM); strategies get the unit in tokens.
  case hiddenUp(unit: Int)
  /// visible = ⌊n · (1 − ratio)⌋ over square units of `side` × `side` patches, which must divide the grid (Pixio).
  case visibleDownPatches(side: Int)
  /// The same over units of `unit` pixels, or smaller ones where those do not divide the grid: what Pixio's runs of earlier
  /// versions have; strategies get the unit in tokens.
  case visibleDownBlocks(unit: Int)

  /// Side of what is hidden as a whole; nil = single tokens.
  public var unit: Int? {
    switch self {
    case .visibleDown, .hiddenDown: nil
    case .hiddenUp(let unit), .visibleDownBlocks(let unit), .visibleDownPatches(let unit): unit
    }
  }

  /// Visible tokens (or units) among `count`, in double precision as the public implementations compute it.
  public func visible(of count: Int, ratio: Double) -> Int {
    switch self {
    case .visibleDown, .visibleDownBlocks, .visibleDownPatches: Int(Double(count) * (1 - ratio))
    case .hiddenDown: count - Int(ratio * Double(count))
    case .hiddenUp: count - Int((Double(count) * ratio).rounded(.up))
    }
  }
}
