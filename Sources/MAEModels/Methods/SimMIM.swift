import MAECore

extension Method {
  /// SimMIM (Xie et al. 2021, section 4.1) on a ViT in the transformers form: learned positions, class token, units of 32 pixels
  /// hidden at 0.6, L1 on pixels.
  ///
  /// Training: rates per 512 samples; warm-up from 5e-7, a tenth of the rate after seven eighths of the run.
  public static let simmim: Method = Method(
    name: "simmim", citation: "Xie et al. 2021, SimMIM",
    source: "Xie et al. 2021, section 4.1, and the public ViT-B configuration", isForVideo: false,
    objective: MaskedImageModel.self, initialization: .simMIM,
    names: CheckpointNames(official: .simmim, library: .maskedImageModelling)
  ) { size in
    var recipe = Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .simmim, input: InputConfiguration(size: FrameSize(square: 224), patch: size == .huge ? 14 : 16),
        encoder: EncoderConfiguration(blocks: BlockConfiguration(size.encoder), positions: .learned, classToken: true),
        decoder: nil, masking: MaskingConfiguration(kind: .random, ratio: 0.6, rounding: .hiddenUp(unit: 32)),
        target: TargetConfiguration(normalization: .none, loss: .absolute)),
      data: DataRecipe(sampling: .still, crop: .resized, minimumArea: 0.67, filter: .bilinear, flip: 0.5),
      optimizer: OptimizerRecipe(
        baseLearningRate: 1e-4, referenceBatch: 512, beta2: 0.999, undecayed: [.bias, .norm, .layerScale, .token, .position],
        clipGradient: 5),
      schedule: ScheduleRecipe(
        kind: .multistep, epochs: 800, warmupEpochs: 10, warmupBaseLearningRate: 5e-7, milestones: [0.875], factor: 0.1))
    recipe.run.batchSize = 32
    return recipe
  }
}

extension Initialization {
  /// Normal 0.02 cut at one deviation; branch outputs shrink with depth (microsoft/SimMIM, `models/vision_transformer.py`).
  public static let simMIM = Initialization(
    linear: { _, _ in .truncatedNormal(deviation: 0.02, cut: 1) },
    branchOutput: { _, _, depth in .truncatedNormal(deviation: 0.02 / (2 * Double(depth)).squareRoot(), cut: 1) },
    patchBias: { _ in .zeros }, token: .truncatedNormal(deviation: 0.02, cut: 1))
}
