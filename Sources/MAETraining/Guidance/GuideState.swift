import MAEFoundation
import MAEModels

/// Where a self-guided run stands; part of `state.json`.
public struct GuideState: Codable, Hashable, Sendable {
  /// Steps done when masks became informed; nil while they are random.
  public var switchedAt: Int?
  /// Steps done when the use of mask tokens was last measured.
  public var measuredAt: Int?
  /// What was measured then, averaged over the decoder's layers.
  public var exploitation: ExploitationRate.Layer?
  /// Whether visible tokens were ever used more than mask tokens.
  public var wasBelow = false
  /// Samples since the switch.
  public var samples = 0
  /// Of these, those hidden at random because their graph could not be cut in two.
  public var fallbacks = 0

  /// Before the first step.
  public init() {}

  /// Notes what was measured after some steps.
  package mutating func record(_ rate: ExploitationRate.Layer, at step: Int) {
    measuredAt = step
    exploitation = rate
    if rate.visible > rate.mask { wasBelow = true }
  }

  /// Whether mask tokens have passed visible ones.
  ///
  /// A decoder that has learned nothing looks everywhere alike, and most of its tokens are mask tokens; so they count as passing
  /// only after visible tokens were used more.
  package var hasCrossed: Bool { wasBelow && (exploitation.map { $0.mask > $0.visible } ?? false) }

  private enum CodingKeys: String, CodingKey {
    case exploitation, samples, fallbacks
    case wasBelow = "was_below"
    case switchedAt = "switched_at"
    case measuredAt = "measured_at"
  }
}

/// What a line of `metrics.jsonl` says about a self-guided step.
public struct GuideMetrics: Codable, Hashable, Sendable {
  /// Whether masks were informed.
  public var informed = false
  /// Samples of the step that were hidden at random because their graph could not be cut in two.
  public var fallbacks = 0
  /// How much the decoder used visible and mask tokens, averaged over its layers; in steps where it was measured.
  public var exploitation: ExploitationRate.Layer?
  /// Time of the relation pass and of the cuts.
  public var seconds = 0.0
}

extension TrainingState {
  /// Where the guide of a self-guided run stands.
  public var guide: GuideState? { masks[SelfGuide.name]?.decoded(as: GuideState.self) }
}

extension StepMetrics {
  /// What the guide of a self-guided run did in this step.
  public var guide: GuideMetrics? { masks[SelfGuide.name]?.decoded(as: GuideMetrics.self) }
}
