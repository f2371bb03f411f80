import MAECore

extension Method {
  /// M3L (Sferrazza et al. 2023), its autoencoder: four stacked pictures of 64 × 64 beside maps of two sensors of touch, 32 ×
  /// 32, in the same clip; 0.95 of the features of both hidden, all of both predicted.
  ///
  /// Base is the published size; the others are ours. Training: the public code's own AdamW; there the autoencoder also learns
  /// beside a policy, whose optimizer it then shares.
  public static let mwmTactile: Method = Method(
    name: "mwm-tactile", citation: "Sferrazza et al. 2023, The Power of the Senses (M3L)",
    source: "the public code of M3L (models/pretrain_models.py, train.py)", isForVideo: true,
    objective: TouchWorldModel.self, initialization: .mae
  ) { size in
    let (width, depth, heads, decoderDepth) =
      switch size {
      case .tiny: (64, 2, 1, 1)
      case .small: (128, 3, 2, 2)
      case .base: (256, 4, 4, 3)
      case .large: (384, 8, 6, 4)
      case .huge: (512, 12, 8, 6)
      }
    var encoder = EncoderConfiguration(
      blocks: BlockConfiguration(
        width: width, depth: depth, heads: heads, feedForwardWidth: 2 * width, attentionBias: .none, normEpsilon: 1e-5),
      positions: .senses, classToken: false)
    encoder.stem = .conv
    var input = InputConfiguration(
      size: FrameSize(square: 64), frames: 4, patch: 8, tubelet: 4, mean: [0, 0, 0], deviation: [1, 1, 1])
    input.touch = TouchConfiguration(sensors: 2, patch: 4)
    var recipe = Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .mwmTactile, input: input, encoder: encoder,
        decoder: DecoderConfiguration(
          blocks: BlockConfiguration(width: width, depth: decoderDepth, heads: heads, attentionBias: .none, normEpsilon: 1e-5),
          positions: .senses, classToken: .none, finalNormEpsilon: 1e-5),
        masking: MaskingConfiguration(kind: .senses, ratio: 0.95), target: TargetConfiguration(normalization: .none)),
      data: DataRecipe(sampling: .clip, crop: .centre, filter: .bilinear),
      optimizer: OptimizerRecipe(
        baseLearningRate: 1e-4, learningRate: size.isOurs ? 1e-3 : 1e-4, beta2: 0.999, weightDecay: 0.01, undecayed: [],
        clipGradient: 0.5),
      schedule: ScheduleRecipe(kind: .constant, steps: 10_000, warmupEpochs: 0))
    recipe.run.batchSize = 32
    return recipe
  }
}
