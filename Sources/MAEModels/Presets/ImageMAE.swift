import MAECore

extension ModelConfiguration {
  /// Image MAE: 224 × 224, patch 16 (huge: 14), random masking at 0.75, decoder 512 × 8 blocks (He et al. 2021, section 4;
  /// tiny and small have 192 × 4 and 256 × 4, ours).
  static func imageMAE(_ size: ModelSize) -> ModelConfiguration {
    let decoder =
      switch size {
      case .tiny: (192, 4, 3)
      case .small: (256, 4, 8)
      case .base, .large, .huge: (512, 8, 16)
      }
    return ModelConfiguration(
      method: .mae,
      input: InputConfiguration(size: FrameSize(square: 224), patch: size == .huge ? 14 : 16),
      encoder: EncoderConfiguration(blocks: blocks(size.encoder), positions: .plane, classToken: true),
      decoder: DecoderConfiguration(blocks: blocks(decoder), positions: .plane, classToken: .fromEncoder),
      masking: MaskingConfiguration(kind: "random", ratio: 0.75),
      target: TargetConfiguration(normalization: .perPatch))
  }

  /// Image MAE with a uniformity term of weight 0.01 on the class token (Zhang et al. 2022; the public training script).
  static func uniformMAE(_ size: ModelSize) -> ModelConfiguration {
    var configuration = imageMAE(size)
    configuration.method = .uMAE
    configuration.uniformityWeight = 0.01
    return configuration
  }

  /// Image MAE that chooses what is hidden from it (Shin et al. 2024).
  static func selfGuidedMAE(_ size: ModelSize) -> ModelConfiguration {
    var configuration = imageMAE(size)
    configuration.method = .selfGuided
    configuration.masking.kind = SelfGuidedMasking.kind
    configuration.masking.guide = GuideConfiguration()
    return configuration
  }
}
