import MAECore

extension Method {
  /// Multi-View Masked World Models (Seo et al. 2023), their autoencoder: four frames of two cameras, 96 × 96, encoded together;
  /// in each frame one camera is hidden and 0.9 of what is left, so 0.95 of all.
  ///
  /// Base is the published size; the others are ours. Training as ``mwm``.
  public static let mwmMultiview: Method = Method(
    name: "mwm-multiview", citation: "Seo et al. 2023, Multi-View Masked World Models for Visual Robotic Manipulation",
    source: "the public code of Multi-View Masked World Models (common/mae.py, configs.yaml)", isForVideo: true,
    objective: WorldModel.self, initialization: .mwm
  ) { size in
    let (width, depth, heads, decoderDepth) =
      switch size {
      case .tiny: (64, 2, 4, 2)
      case .small: (128, 4, 4, 3)
      case .base: (256, 8, 4, 6)
      case .large: (384, 12, 6, 8)
      case .huge: (512, 16, 8, 8)
      }
    var encoder = EncoderConfiguration(
      blocks: BlockConfiguration(width: width, depth: depth, heads: heads), positions: .views, classToken: true)
    encoder.stem = .conv
    var input = InputConfiguration(size: FrameSize(square: 96), frames: 4, patch: 16)
    input.views = ["front", "wrist"]
    var recipe = Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .mwmMultiview, input: input, encoder: encoder,
        decoder: DecoderConfiguration(
          blocks: BlockConfiguration(width: width, depth: decoderDepth, heads: heads), positions: .views,
          classToken: .fromEncoder),
        masking: MaskingConfiguration(kind: .views, ratio: 0.9), target: TargetConfiguration(normalization: .none)),
      data: DataRecipe(sampling: .clip, crop: .centre, filter: .bilinear), optimizer: .mwm(size),
      schedule: ScheduleRecipe(kind: .constant, steps: 10_000, warmupEpochs: 0, warmupSteps: size.isOurs ? 200 : 2500))
    recipe.run.batchSize = 8
    return recipe
  }
}
