import MAECore

extension ModelConfiguration {
  /// SimMIM on a ViT in the transformers form: learned positions, class token, units of 32 pixels hidden at 0.6, L1 on pixels
  /// (Xie et al. 2021, section 4.1).
  static func simMIM(_ size: ModelSize) -> ModelConfiguration {
    ModelConfiguration(
      method: .simmim,
      input: InputConfiguration(size: FrameSize(square: 224), patch: size == .huge ? 14 : 16),
      encoder: EncoderConfiguration(blocks: blocks(size.encoder), positions: .learned, classToken: true),
      decoder: nil,
      masking: MaskingConfiguration(kind: "random", ratio: 0.6, rounding: .hiddenUp(unit: 32)),
      target: TargetConfiguration(normalization: .none, loss: .absolute))
  }
}
