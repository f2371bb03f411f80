import MAEEngine

/// The optimizer and the learning rate at which the schedule peaks.
public struct OptimizerRecipe: Codable, Hashable, Sendable {
  /// What changes the weights.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    case adamW = "adamw"
    /// Muon for matrices between hidden layers, AdamW for the rest.
    case muon
    /// Adam in TensorFlow's form, with decay beside the rate (Masked World Models).
    case adam
  }

  /// What changes the weights; nil = AdamW.
  public var kind: Kind?
  /// Rate for `reference-batch` samples; multiplied by effective batch ÷ reference batch.
  public var baseLearningRate: Double
  /// Samples that the base rate is for.
  public var referenceBatch: Int
  /// Whether the base rate is also multiplied by the predicted share of the hidden tokens; nil = it is not.
  public var scalesByKeptShare: Bool?
  /// Peak rate whatever the batch is; overrides the base rate.
  public var learningRate: Double?
  /// What Muon's matrices multiply the rate by; nil = 1.
  public var matrixRateFactor: Double?
  /// Decay of the mean of gradients in Muon; nil = ``usualMomentum``.
  public var momentum: Double?
  /// Decay of the first moment.
  public var beta1: Double
  /// Decay of the second moment.
  public var beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// Decoupled; times the rate, in each step; of ``Kind/adam`` the share by which weights shrink whatever the rate is.
  public var weightDecay: Double
  /// Kinds of parameters that do not decay; public implementations differ.
  public var undecayed: [Parameter.Role]
  /// What the rate of each layer is multiplied by against that of the next one towards the output, as fine-tuning does; nil = all
  /// layers have the same rate.
  public var layerDecay: Double?
  /// Largest norm of the gradient of all parameters; longer ones are scaled down. Nil = no limit.
  public var clipGradient: Double?

  /// A value for every setting; those with a default may be left out.
  public init(
    baseLearningRate: Double, referenceBatch: Int = 256, learningRate: Double? = nil, beta1: Double = 0.9, beta2: Double = 0.95,
    epsilon: Double = 1e-8, weightDecay: Double = 0.05, undecayed: [Parameter.Role], layerDecay: Double? = nil,
    clipGradient: Double? = nil
  ) {
    self.baseLearningRate = baseLearningRate
    self.referenceBatch = referenceBatch
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.undecayed = undecayed
    self.layerDecay = layerDecay
    self.clipGradient = clipGradient
  }

  /// Muon's, in every public implementation.
  public static let usualMomentum = 0.95
}
