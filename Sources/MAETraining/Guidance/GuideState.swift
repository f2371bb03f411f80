import MAEFoundation
import MAEModels

/// Where a self-guided run stands; part of `state.json`.
public struct GuideState: Codable, Hashable, Sendable {
  /// Steps done when masks became informed; nil while they are random.
  public var switchedAt: Int?
  /// Steps done when the use of mask tokens was last measured.
  public var measuredAt: Int?
  /// What was measured then, after the decoder's last layer.
  public var exploitation: ExploitationRate.Layer?
  /// Whether visible tokens were ever used more than mask tokens.
  public var wasBelow = false
  /// Measurements in a row, up to the last, in which they were not any more.
  public var measurementsAbove = 0
  /// Steps done when the pictures were last looked at, where they are looked at once.
  public var lookedAt: Int?
  /// The checksum of what was found then, which names a file in the run's `guide/`.
  public var maps: String?
  /// Samples since the switch.
  public var samples = 0
  /// Of these, those hidden at random because nothing was found in them.
  public var fallbacks = 0
  /// Looks at which similarities below zero were left out of a graph.
  public var clipped = 0

  /// Before the first step.
  public init() {}

  /// Notes what was measured after some steps.
  package mutating func record(_ rate: ExploitationRate.Layer, at step: Int) {
    measuredAt = step
    exploitation = rate
    if rate.mask < rate.visible {
      (wasBelow, measurementsAbove) = (true, 0)
    } else if wasBelow {
      measurementsAbove += 1
    }
  }

  /// Whether mask tokens have passed visible ones: they were used less, and then twice in a row not any more.
  ///
  /// A decoder that has learned nothing looks everywhere alike, and most of its tokens are mask tokens; so they count as passing
  /// only after visible tokens were used more.
  package var hasCrossed: Bool { measurementsAbove >= 2 }

  private enum CodingKeys: String, CodingKey {
    case exploitation, maps, samples, fallbacks, clipped
    case wasBelow = "was_below"
    case measurementsAbove = "measurements_above"
    case lookedAt = "looked_at"
    case switchedAt = "switched_at"
    case measuredAt = "measured_at"
  }
}

/// What a line of `metrics.jsonl` says about a self-guided step.
public struct GuideMetrics: Codable, Hashable, Sendable {
  /// Whether masks were informed.
  public var informed = false
  /// Samples of the step that were hidden at random because nothing was found in them.
  public var fallbacks = 0
  /// How much the tokens after the decoder's last layer are made of visible and of mask tokens; in steps where it was measured.
  public var exploitation: ExploitationRate.Layer?
  /// Time of looking at samples and of the cuts.
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
