/// What is trained on frozen features.
public enum ProbeKind: String, Codable, Hashable, Sendable, CaseIterable {
  /// A linear classifier behind a batch norm (He et al. 2022, appendix A.1).
  case linear
  /// Multinomial logistic regression on standardised features.
  case logistic
  /// Votes of the nearest neighbours by cosine (Wu et al. 2018).
  case knn
  /// A classifier that pools tokens by attention (Bardes et al. 2024).
  case attentive
}

/// How a probe is made.
public struct ProbeOptions: Hashable, Sendable {
  /// How a linear probe is trained.
  public enum LinearRecipe: String, Hashable, Sendable, CaseIterable {
    /// Several rates side by side; the one that does best on a tenth of the training part is taken.
    case sgd
    /// MAE's LARS recipe for ImageNet; sets of fewer than about 100,000 samples give it too few steps.
    case mae
  }

  /// What is trained.
  public var kind = ProbeKind.linear
  /// Of a linear probe.
  public var recipe = LinearRecipe.sgd
  /// Voting neighbours.
  public var neighbours = 20
  /// Of their votes, `exp(cosine / temperature)`.
  public var temperature = 0.07
  /// C of logistic regression: the smaller, the more its weights are held back.
  public var inverseStrength = 1.0
  /// Parts that take turns where there is no validation set.
  public var folds = 5
  /// Of folds, orders and initial weights; the same seed gives the same figures.
  public var seed: UInt64 = 0
  /// Judges the network before training and the pixels too, which takes as long again.
  public var hasBaselines = true
  /// Clips of a video whose features are averaged.
  public var clips = 1
  /// Samples that are encoded at once; nil = 32 stills or 4 clips.
  public var batchSize: Int?
  /// Files that are read side by side.
  public var readers = 2
  /// Takes what there is of a still whose end is missing; else it is left out.
  public var allowsTruncated = false
  /// How long nothing may get on before a file is left out; nil = for ever.
  public var timeLimit: Duration? = .seconds(60)

  /// The defaults.
  public init() {}
}
