import MAECore

extension Method {
  /// VideoMAE (Tong et al. 2022): 16 frames of 224 × 224, tubelets 2 × 16 × 16, tube masking at 0.9; 1,568 tokens, of which 160
  /// are encoded.
  ///
  /// Sizes: table 1 and the official scripts for the decoder depths; tiny is ours. The decoder's last norm has the epsilon of
  /// the transformers library, so that a checkpoint means exactly the same there. Training: multi-scale crop, no flip, frames
  /// 4 apart; a table that ends at 1e-5 per 256 samples.
  public static let videomae: Method = Method(
    name: "videomae", citation: "Tong et al. 2022, VideoMAE",
    source: "Tong et al. 2022, appendix, and the public Kinetics-400 scripts", isForVideo: true,
    objective: MaskedAutoencoder.self, initialization: .videoMAE,
    names: CheckpointNames(official: .videomae, library: .videoMAE)
  ) { size in
    let decoder =
      switch size {
      case .tiny, .small: (192, 4, 3)
      case .base: (384, 4, 6)
      case .large: (512, 12, 8)
      case .huge: (640, 12, 8)
      }
    return Recipe(
      preset: size,
      model: ModelConfiguration(
        method: .videomae, input: InputConfiguration(size: FrameSize(square: 224), frames: 16, tubelet: 2),
        encoder: EncoderConfiguration(
          blocks: BlockConfiguration(size.encoder, attentionBias: .queryAndValue), positions: .sequence, classToken: false),
        decoder: DecoderConfiguration(
          blocks: BlockConfiguration(decoder, attentionBias: .queryAndValue), positions: .sequence, classToken: .none,
          embedBias: false, finalNormEpsilon: 1e-5),
        masking: MaskingConfiguration(kind: .tube, ratio: 0.9, rounding: .hiddenDown),
        target: TargetConfiguration(normalization: .perChannel, values: .unit)),
      data: DataRecipe(sampling: .clip, samplingRate: 4, crop: .multiScale, filter: .bilinear),
      optimizer: OptimizerRecipe(baseLearningRate: 1.5e-4, undecayed: [.bias, .norm, .layerScale, .token, .position]),
      schedule: ScheduleRecipe(kind: .cosineTable, epochs: 800, warmupEpochs: 40, minimumBaseLearningRate: 1e-5))
  }
}

extension Initialization {
  /// As ``mae``, but the patch embedding and the bridge keep PyTorch's defaults and the mask token is cut at one deviation
  /// (MCG-NJU/VideoMAE, `modeling_pretrain.py`).
  public static let videoMAE = Initialization(
    linear: { .xavierUniform(inputs: $0, outputs: $1) },
    patchWeight: { inputs, _ in .uniform(bound: 1 / Double(inputs).squareRoot()) },
    patchBias: { .uniform(bound: 1 / Double($0).squareRoot()) },
    bridge: { inputs, _ in .uniform(bound: 1 / Double(inputs).squareRoot()) },
    token: .truncatedNormal(deviation: 0.02, cut: 1))
}
