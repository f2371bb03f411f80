import MAECore

extension Method {
  /// SiamMAE (Gupta et al. 2023): two frames of 224 × 224, the second masked at 0.95, a decoder that attends the first, with a
  /// feed-forward width of 2,048.
  ///
  /// Decoder sizes of the public implementation; tiny and huge are ours. Training: two pairs of each opened file, 4 to 48 frames
  /// apart, cropped and flipped alike.
  public static let siammae: Method = Method(
    name: "siammae", citation: "Gupta et al. 2023, Siamese Masked Autoencoders",
    source: "Gupta et al. 2023, appendix; cropping as the public implementation", isForVideo: true,
    objective: SiameseAutoencoder.self, initialization: .mae, names: CheckpointNames(official: .siammae)
  ) { size in
    let decoder =
      switch size {
      case .tiny: (192, 4, 3)
      case .small: (256, 4, 8)
      case .base: (512, 8, 16)
      case .large, .huge: (1024, 12, 16)
      }
    var blocks = BlockConfiguration(decoder)
    blocks.feedForwardWidth = size == .tiny ? 768 : 2048
    var recipe = Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .siammae, input: InputConfiguration(size: FrameSize(square: 224)),
        encoder: EncoderConfiguration(blocks: BlockConfiguration(size.encoder), positions: .plane, classToken: true),
        decoder: DecoderConfiguration(
          blocks: blocks, positions: .plane, classToken: .fromEncoder, cross: CrossDecoding()),
        masking: MaskingConfiguration(kind: .random, ratio: 0.95), target: TargetConfiguration(normalization: .perPatch)),
      data: DataRecipe(
        sampling: .pair, frameGap: [4, 48], crop: .resizedOnce, minimumArea: 0.5, filter: .bilinear, flip: 0.5, repeats: 2),
      optimizer: OptimizerRecipe(baseLearningRate: 1.5e-4, undecayed: [.bias, .norm, .layerScale]),
      schedule: ScheduleRecipe(kind: .halfCosine, epochs: 2000, warmupEpochs: 40))
    recipe.run.batchSize = 32
    return recipe
  }
}
