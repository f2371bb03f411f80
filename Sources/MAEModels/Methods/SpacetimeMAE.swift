import MAECore

extension Method {
  /// MAE-ST (Feichtenhofer et al. 2022): spacetime-agnostic masking at 0.9, learned separable positions, 8 of 16 frames
  /// predicted.
  ///
  /// Sizes: section 4 and the public script; tiny and small are ours. Training: four clips of each opened file, 100 passes with 5
  /// of warm-up; everything but vectors decays, tables and tokens too.
  public static let maeST: Method = Method(
    name: "mae-st", citation: "Feichtenhofer et al. 2022, Masked Autoencoders As Spatiotemporal Learners",
    source: "Feichtenhofer et al. 2022, and the public pretraining script", isForVideo: true,
    objective: MaskedAutoencoder.self, initialization: .mae, names: CheckpointNames(official: .maeST)
  ) { size in
    let decoder =
      switch size {
      case .tiny: (192, 4, 3)
      case .small: (256, 4, 8)
      case .base, .large, .huge: (512, 4, 16)
      }
    return Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .maeST,
        input: InputConfiguration(
          size: FrameSize(square: 224), frames: 16, patch: size == .huge ? 14 : 16, tubelet: 2,
          mean: [0.45, 0.45, 0.45], deviation: [0.225, 0.225, 0.225]),
        encoder: EncoderConfiguration(blocks: BlockConfiguration(size.encoder), positions: .separable, classToken: true),
        decoder: DecoderConfiguration(blocks: BlockConfiguration(decoder), positions: .separable, classToken: .own),
        masking: MaskingConfiguration(kind: .random, ratio: 0.9),
        target: TargetConfiguration(normalization: .perPatch, predictedFrames: 8)),
      data: DataRecipe(
        sampling: .timedClip, samplingRate: 4, crop: .resized, minimumArea: 0.5, filter: .bilinear, flip: 0.5, repeats: 4),
      optimizer: OptimizerRecipe(
        // The public script scales with the number of opened files, so 256 files are 1,024 clips.
        baseLearningRate: 1.6e-3, referenceBatch: 1024, undecayed: [.bias, .norm, .layerScale], clipGradient: 0.02),
      schedule: ScheduleRecipe(kind: .halfCosine, epochs: 100, warmupEpochs: 5))
  }
}
