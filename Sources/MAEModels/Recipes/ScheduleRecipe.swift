import MAECore

/// How long a run is and how the learning rate changes over it; one length at least is given.
public struct ScheduleRecipe: Codable, Hashable, Sendable {
  /// How the learning rate changes over a run.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Linear warm-up from 0 and half a cosine, in fractional epochs (MAE).
    case halfCosine = "half-cosine"
    /// A table over steps: warm-up with inclusive ends, then half a cosine (VideoMAE).
    case cosineTable = "cosine-table"
    /// Warm-up, then a factor at each milestone (SimMIM).
    case multistep
    /// Warm-up, then no change.
    case constant
    /// Warm-up, then no change, then a fall over a last share of the run: warm-up, stable, decay. Until the fall the length of
    /// the run changes no rate, so a run can be extended.
    case wsd
  }

  /// How the learning rate changes over the run.
  public var kind: Kind
  /// Length in passes over the data, unless `steps` is given.
  public var epochs: Double?
  /// Length in updates of the weights.
  public var steps: Int?
  /// Time that the run takes at most. Alone it is the length: as many steps as fit; beside another length the shorter one holds.
  public var maxTime: TimeLimit?
  /// Passes over the data in which the rate rises.
  public var warmupEpochs: Double
  /// Updates of the weights in which the rate rises; nil = as `warmup-epochs` and `warmup-share` say.
  public var warmupSteps: Int?
  /// The warm-up is at most this share of the run; nil = as long as `warmup-epochs` says.
  public var warmupShare: Double? = 0.1
  /// Rate at the end, scaled with the batch as the base rate is.
  public var minimumBaseLearningRate: Double = 0
  /// Rate at the end, whatever the batch; nil = as `minimum-base-learning-rate` says.
  public var minimumLearningRate: Double?
  /// Rate at the start of the warm-up, scaled likewise.
  public var warmupBaseLearningRate: Double = 0
  /// Shares of the run after which the rate is multiplied by `factor`.
  public var milestones: [Double]?
  /// See ``milestones``.
  public var factor: Double?
  /// Share of the run over which the rate falls at its end (``Kind/wsd``); nil = ``usualDecayShare``.
  public var decayShare: Double?
  /// Input sizes before the model's own, each for a share of the run; nil = its own from the first step on.
  public var inputSizes: [Stage<FrameSize>]?
  /// Frames of a clip before the model's own number, likewise.
  public var frames: [Stage<Int>]?
  /// Mask ratios before the model's own, likewise.
  public var maskRatios: [Stage<Double>]?

  /// A fifth of the run, as in Hägele et al. 2024.
  public static let usualDecayShare = 0.2

  /// Whether settings of the model change over the run; see ``TrainingPhase``.
  public var hasStages: Bool { inputSizes != nil || frames != nil || maskRatios != nil }
}
