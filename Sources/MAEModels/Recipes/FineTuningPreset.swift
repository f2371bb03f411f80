import MAECore

/// A published way of fine-tuning, and one for small data.
///
/// Rates, lengths and decays are those of the public commands: FINETUNE.md of facebookresearch/mae and mae_st, the scripts of
/// MCG-NJU/VideoMAE. Batches are ours, for one machine.
public enum FineTuningPreset: String, Hashable, Sendable, CaseIterable {
  /// For fewer than ten thousand samples, ours: a higher rate and less alteration than the papers have for a million. Within the
  /// steps that so few samples give, strongly mixed ones teach next to nothing (`samples/experiments`).
  case small
  case maeBase = "mae-base"
  case maeLarge = "mae-large"
  case maeHuge = "mae-huge"
  case videoMAESmall = "videomae-small"
  case videoMAEBase = "videomae-base"
  case videoMAELarge = "videomae-large"
  case videoMAEHuge = "videomae-huge"
  /// For Something-Something V2: frames over whole videos, which are not mirrored.
  case videoMAEBaseSSv2 = "videomae-base-ssv2"
  case videoMAEBaseUCF101 = "videomae-base-ucf101"
  case maeSTLarge = "mae-st-large"

  /// What a way of fine-tuning is for.
  public enum Samples: String, Hashable, Sendable, CaseIterable { case stills, clips }

  private struct Values {
    var epochs, baseRate, layerDecay: Double
    var dropPath: Float
    var dropout: Float = 0
  }

  /// What it is for; nil = either.
  public var samples: Samples? {
    switch self {
    case .small: nil
    case .maeBase, .maeLarge, .maeHuge: .stills
    case .videoMAESmall, .videoMAEBase, .videoMAELarge, .videoMAEHuge, .videoMAEBaseSSv2, .videoMAEBaseUCF101, .maeSTLarge: .clips
    }
  }

  /// Those that are for stills, or for clips.
  public static func suiting(_ samples: Samples) -> [FineTuningPreset] {
    allCases.filter { $0.samples == nil || $0.samples == samples }
  }

  /// Whether it is a script of VideoMAE.
  private var isVideoMAE: Bool { samples == .clips && self != .maeSTLarge }

  private var values: Values {
    switch self {
    case .small: Values(epochs: 100, baseRate: 1e-3, layerDecay: 0.75, dropPath: 0.1)
    case .maeBase: Values(epochs: 100, baseRate: 5e-4, layerDecay: 0.65, dropPath: 0.1)
    case .maeLarge: Values(epochs: 50, baseRate: 1e-3, layerDecay: 0.75, dropPath: 0.2)
    case .maeHuge: Values(epochs: 50, baseRate: 1e-3, layerDecay: 0.75, dropPath: 0.3)
    case .videoMAESmall: Values(epochs: 150, baseRate: 5e-4, layerDecay: 0.75, dropPath: 0.1)
    case .videoMAEBase: Values(epochs: 75, baseRate: 5e-4, layerDecay: 0.75, dropPath: 0.1)
    case .videoMAELarge: Values(epochs: 35, baseRate: 2e-3, layerDecay: 0.75, dropPath: 0.1)
    case .videoMAEHuge: Values(epochs: 50, baseRate: 1e-3, layerDecay: 0.75, dropPath: 0.2, dropout: 0.5)
    case .videoMAEBaseSSv2: Values(epochs: 30, baseRate: 5e-4, layerDecay: 0.75, dropPath: 0.1)
    case .videoMAEBaseUCF101: Values(epochs: 100, baseRate: 5e-4, layerDecay: 0.7, dropPath: 0.2, dropout: 0.5)
    case .maeSTLarge: Values(epochs: 50, baseRate: 2.4e-3, layerDecay: 0.75, dropPath: 0.2, dropout: 0.3)
    }
  }

  /// How samples are mixed, erased and altered.
  public var alters: FineTuningRecipe {
    var recipe = FineTuningRecipe()
    if self == .small { (recipe.mixup, recipe.cutmix, recipe.erasing, recipe.magnitude) = (0.2, 0, 0, 5) }
    if samples == .clips { recipe.magnitude = 7 }
    if isVideoMAE { recipe.augmentations = 4 }
    return recipe
  }

  /// How a pretrained model is made a classifier of named classes and trained as one.
  ///
  /// - Parameters:
  ///   - pooling: nil: the mean, with the norm that the method's own fine-tuning has.
  ///   - samples: in the training data; small data get a batch of at most a tenth.
  ///   - isPretrained: false: from random weights, all layers at one rate, for the first ones have nothing to keep.
  public func recipe(
    _ model: ModelConfiguration, classes: [String], pooling: ClassifierConfiguration.Pooling? = nil, samples: Int,
    isPretrained: Bool = true
  ) -> Recipe {
    let (values, isClip) = (values, model.input.frames > 1)
    var recipe = model.method.recipe(ModelSize.allCases.first { $0.encoder.width == model.encoder.blocks.width } ?? .base)
    recipe.model = model.classifying(
      ClassifierConfiguration(
        classes: classes, pooling: pooling ?? (model.method == .maeST ? .meanThenNorm : .mean), dropout: values.dropout))
    recipe.model.encoder.dropPath = values.dropPath
    recipe.guidance = nil
    recipe.fineTuning = alters
    if recipe.data.sampling == .pair { recipe.data.sampling = .still }
    recipe.data.frameGap = nil
    (recipe.data.crop, recipe.data.minimumArea, recipe.data.flip) = (.resized, self == .small ? 0.3 : 0.08, 0.5)
    if self == .videoMAEBaseSSv2, isClip { (recipe.data.sampling, recipe.data.flip) = (.uniform, 0) }
    recipe.data.repeats = isClip && self != .small ? 2 : 1
    recipe.optimizer = OptimizerRecipe(
      baseLearningRate: values.baseRate, beta2: 0.999, undecayed: [.bias, .norm, .layerScale, .token, .position],
      layerDecay: isPretrained ? values.layerDecay : nil, clipGradient: self == .maeSTLarge ? 5 : nil)
    recipe.schedule = ScheduleRecipe(kind: isVideoMAE ? .cosineTable : .halfCosine, epochs: values.epochs, warmupEpochs: 5)
    // The end of VideoMAE's cosine follows the batch, as its peak does; that of the others does not.
    if isVideoMAE {
      recipe.schedule.minimumBaseLearningRate = 1e-6
    } else {
      recipe.schedule.minimumLearningRate = 1e-6
    }
    recipe.run = RunRecipe()
    recipe.run.batchSize = min(isClip ? 8 : 32, max(2, samples / 10))
    // By the published rule so small a batch would hardly move.
    if self == .small { recipe.optimizer.learningRate = values.baseRate }
    return recipe
  }
}
