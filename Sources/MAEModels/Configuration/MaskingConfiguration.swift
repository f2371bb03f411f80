/// Which masking hides how many tokens.
public struct MaskingConfiguration: Codable, Hashable, Sendable {
  /// A name of the masking catalogue: random, tube, frame, block, grid …
  public var kind: String
  /// Hidden share of the tokens, 0 ..< 1.
  public var ratio: Double
  public var rounding: RatioRounding
  /// Share of the tokens that the decoder is not asked for (Wang et al. 2023, VideoMAE V2); nil = it is asked for every
  /// hidden token. Only training does this.
  public var decoderRatio: Double?
  /// The masking that chooses them.
  public var decoderKind = "cell"
  /// Of masking 'given': one character per token, 1 = hidden; for the grid or for one time slot of it.
  public var masks: [String]?
  /// Of masking 'self-guided'.
  public var guide: GuideConfiguration?

  public init(
    kind: String, ratio: Double, rounding: RatioRounding = .visibleDown, decoderRatio: Double? = nil,
    guide: GuideConfiguration? = nil
  ) {
    self.kind = kind
    self.ratio = ratio
    self.rounding = rounding
    self.decoderRatio = decoderRatio
    self.guide = guide
  }
}

/// How a ratio becomes a count; public implementations differ, and counts must agree with theirs.
public enum RatioRounding: Codable, Hashable, Sendable {
  /// visible = ⌊n · (1 − ratio)⌋ (MAE and its relatives).
  case visibleDown
  /// hidden = ⌊ratio · n⌋ (VideoMAE, per plane).
  case hiddenDown
  /// hidden = ⌈ratio · n⌉ over square units of `unit` pixels (SimMIM).
  case hiddenUp(unit: Int)

  /// Visible tokens (or units) among `count`, in double precision as the public implementations compute it.
  public func visible(of count: Int, ratio: Double) -> Int {
    switch self {
    case .visibleDown: Int(Double(count) * (1 - ratio))
    case .hiddenDown: count - Int(ratio * Double(count))
    case .hiddenUp: count - Int((Double(count) * ratio).rounded(.up))
    }
  }
}
