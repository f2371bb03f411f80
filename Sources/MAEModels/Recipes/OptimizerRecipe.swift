import MAEEngine

/// AdamW and the learning rate at which the schedule peaks.
public struct OptimizerRecipe: Codable, Hashable, Sendable {
  /// Rate for `reference-batch` samples; multiplied by effective batch ÷ reference batch.
  public var baseLearningRate: Double
  /// Samples that the base rate is for.
  public var referenceBatch: Int = 256
  /// Peak rate whatever the batch is; overrides the base rate.
  public var learningRate: Double?
  /// Decay of the first moment.
  public var beta1: Double = 0.9
  /// Decay of the second moment.
  public var beta2: Double = 0.95
  /// Added to the root of the second moment.
  public var epsilon: Double = 1e-8
  /// Decoupled; times the rate, in each step.
  public var weightDecay: Double = 0.05
  /// Kinds of parameters that do not decay; public implementations differ.
  public var undecayed: [Parameter.Role]
  /// Largest norm of the gradient of all parameters; longer ones are scaled down. Nil = no limit.
  public var clipGradient: Double?

  /// The peak learning rate for an effective batch.
  public func peakLearningRate(effectiveBatch: Int) -> Double {
    learningRate ?? baseLearningRate * Double(effectiveBatch) / Double(referenceBatch)
  }
}
