import MAECore

extension ModelConfiguration {
  /// VideoMAE: 16 frames of 224 × 224, tubelets 2 × 16 × 16, tube masking at 0.9; 1,568 tokens, of which 160 are encoded.
  ///
  /// Tong et al. 2022, table 1 and the official scripts for the decoder depths; tiny is ours. The decoder's last norm has the
  /// epsilon of the transformers library, so that a checkpoint means exactly the same there.
  static func videoMAE(_ size: ModelSize) -> ModelConfiguration {
    let decoder =
      switch size {
      case .tiny, .small: (192, 4, 3)
      case .base: (384, 4, 6)
      case .large: (512, 12, 8)
      case .huge: (640, 12, 8)
      }
    return ModelConfiguration(
      method: .videomae,
      input: InputConfiguration(size: FrameSize(square: 224), frames: 16, tubelet: 2),
      encoder: EncoderConfiguration(
        blocks: blocks(size.encoder, bias: .queryAndValue), positions: .sequence, classToken: false),
      decoder: DecoderConfiguration(
        blocks: blocks(decoder, bias: .queryAndValue), positions: .sequence, classToken: .none, embedBias: false,
        finalNormEpsilon: 1e-5),
      masking: MaskingConfiguration(kind: "tube", ratio: 0.9, rounding: .hiddenDown),
      target: TargetConfiguration(normalization: .perChannel, values: .unit))
  }

  /// MAE-ST: spacetime-agnostic masking at 0.9, learned separable positions, 8 of 16 frames predicted
  /// (Feichtenhofer et al. 2022, section 4 and the public script; tiny and small are ours).
  static func spacetimeMAE(_ size: ModelSize) -> ModelConfiguration {
    let decoder =
      switch size {
      case .tiny: (192, 4, 3)
      case .small: (256, 4, 8)
      case .base, .large, .huge: (512, 4, 16)
      }
    return ModelConfiguration(
      method: .maeST,
      input: InputConfiguration(
        size: FrameSize(square: 224), frames: 16, patch: size == .huge ? 14 : 16, tubelet: 2,
        mean: [0.45, 0.45, 0.45], deviation: [0.225, 0.225, 0.225]),
      encoder: EncoderConfiguration(blocks: blocks(size.encoder), positions: .separable, classToken: true),
      decoder: DecoderConfiguration(blocks: blocks(decoder), positions: .separable, classToken: .own),
      masking: MaskingConfiguration(kind: "random", ratio: 0.9),
      target: TargetConfiguration(normalization: .perPatch, predictedFrames: 8))
  }
}
