import MAECore

extension Method {
  /// Masked World Models (Seo et al. 2022), their autoencoder: frames of 64 × 64 through a convolutional stem, features of 8 × 8
  /// pixels hidden at 0.75, pixels of all patches and the reward predicted.
  ///
  /// Base is the published size; tiny learns small frames in minutes, the others are ours. Training: Adam in TensorFlow's form at
  /// 3e-4, 2,500 updates of warm-up, no fall; 5,001 updates as before the first interaction. Tiny and small have 1e-3 and 200
  /// updates, ours, for short runs. Four frames of an opened episode are taken, ours. The batch size is ours, for one machine:
  /// the public code takes 1,024 frames.
  public static let mwm: Method = Method(
    name: "mwm", citation: "Seo et al. 2022, Masked World Models for Visual Control",
    source: "the public code of Masked World Models (common/mae.py, configs.yaml)", isForVideo: true,
    objective: WorldModel.self, initialization: .mwm
  ) { size in
    let (width, depth, heads, decoderDepth) =
      switch size {
      case .tiny: (64, 2, 4, 2)
      case .small: (128, 3, 4, 2)
      case .base: (256, 4, 4, 3)
      case .large: (384, 8, 6, 4)
      case .huge: (512, 12, 8, 6)
      }
    var encoder = EncoderConfiguration(
      blocks: BlockConfiguration(width: width, depth: depth, heads: heads), positions: .plane, classToken: true)
    encoder.stem = .conv
    var recipe = Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .mwm, input: InputConfiguration(size: FrameSize(square: 64), patch: 8), encoder: encoder,
        decoder: DecoderConfiguration(
          blocks: BlockConfiguration(width: width, depth: decoderDepth, heads: heads), positions: .plane,
          classToken: .fromEncoder),
        masking: MaskingConfiguration(kind: .random, ratio: 0.75), target: TargetConfiguration(normalization: .none)),
      data: DataRecipe(sampling: .clip, crop: .centre, filter: .bilinear, repeats: 4), optimizer: .mwm(size),
      schedule: ScheduleRecipe(kind: .constant, steps: 5001, warmupEpochs: 0, warmupSteps: size.isOurs ? 200 : 2500))
    recipe.run.batchSize = 64
    return recipe
  }
}

extension OptimizerRecipe {
  /// Of the autoencoder in the public code of Masked World Models (`common/tfutils.py`, `configs.yaml`); everything decays.
  static func mwm(_ size: ModelSize) -> OptimizerRecipe {
    var optimizer = OptimizerRecipe(
      baseLearningRate: 3e-4, learningRate: size.isOurs ? 1e-3 : 3e-4, beta2: 0.999, epsilon: 1e-5, weightDecay: 1e-6,
      undecayed: [], clipGradient: 100)
    optimizer.kind = .adam
    return optimizer
  }
}

extension ModelSize {
  /// Whether it is one of the two that learn in minutes, which no paper has.
  var isOurs: Bool { self == .tiny || self == .small }
}

extension Initialization {
  /// Glorot-uniform maps and kernels, biases of zero, tokens normal 0.02 (public code of Masked World Models,
  /// `common/mae_utils.py`, and Keras, where outputs of a kernel count once for each pixel of it).
  public static let mwm = Initialization(
    linear: { .xavierUniform(inputs: $0, outputs: $1) },
    // A patch has three channels.
    patchWeight: { .xavierUniform(inputs: $0, outputs: $0 / 3 * $1) },
    patchBias: { _ in .zeros }, token: .normal(deviation: 0.02), positions: .normal(deviation: 0.02))
}
