import MAECore

extension Method {
  /// Image MAE (He et al. 2021): random masking of stills at 0.75, a light decoder, normalised patches as targets.
  ///
  /// Sizes: section 4; the decoder has 512 × 8 blocks (tiny and small have 192 × 4 and 256 × 4, ours). Training: area 0.2 to 1,
  /// bicubic, flip 0.5; 800 epochs with 40 of warm-up. The batch size is ours, for one machine: the paper's 4,096 needs hundreds
  /// of gigabytes.
  public static let mae: Method = Method(
    name: "mae", citation: "He et al. 2021, Masked Autoencoders Are Scalable Vision Learners",
    source: "He et al. 2021, table 8, and the public pretraining guide", isForVideo: false,
    objective: MaskedAutoencoder.self, initialization: .mae, names: CheckpointNames(official: .mae, library: .vitMAE)
  ) { size in
    let decoder =
      switch size {
      case .tiny: (192, 4, 3)
      case .small: (256, 4, 8)
      case .base, .large, .huge: (512, 8, 16)
      }
    var recipe = Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .mae, input: InputConfiguration(size: FrameSize(square: 224), patch: size == .huge ? 14 : 16),
        encoder: EncoderConfiguration(blocks: BlockConfiguration(size.encoder), positions: .plane, classToken: true),
        decoder: DecoderConfiguration(blocks: BlockConfiguration(decoder), positions: .plane, classToken: .fromEncoder),
        masking: MaskingConfiguration(kind: .random, ratio: 0.75), target: TargetConfiguration(normalization: .perPatch)),
      data: DataRecipe(sampling: .still, crop: .resized, minimumArea: 0.2, filter: .bicubic, flip: 0.5),
      optimizer: OptimizerRecipe(baseLearningRate: 1.5e-4, undecayed: [.bias, .norm, .layerScale]),
      schedule: ScheduleRecipe(kind: .halfCosine, epochs: 800, warmupEpochs: 40))
    recipe.run.batchSize = 64
    return recipe
  }
}

extension Initialization {
  /// Xavier-uniform maps, tokens normal 0.02 (facebookresearch/mae, `models_mae.py`, and its relatives).
  public static let mae = Initialization(
    linear: { .xavierUniform(inputs: $0, outputs: $1) },
    patchBias: { .uniform(bound: 1 / Double($0).squareRoot()) }, token: .normal(deviation: 0.02))
}
