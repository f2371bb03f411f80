import MAECore

extension ModelConfiguration {
  /// SiamMAE: two frames of 224 × 224, the second masked at 0.95, a cross decoder with a feed-forward width of 2,048
  /// (Gupta et al. 2023; decoder sizes of the public implementation; tiny and huge are ours).
  static func siamMAE(_ size: ModelSize) -> ModelConfiguration {
    let decoder =
      switch size {
      case .tiny: (192, 4, 3)
      case .small: (256, 4, 8)
      case .base: (512, 8, 16)
      case .large, .huge: (1024, 12, 16)
      }
    var crossBlocks = blocks(decoder)
    crossBlocks.feedForwardWidth = size == .tiny ? 768 : 2048
    return ModelConfiguration(
      method: .siammae,
      input: InputConfiguration(size: FrameSize(square: 224)),
      encoder: EncoderConfiguration(blocks: blocks(size.encoder), positions: .plane, classToken: true),
      decoder: DecoderConfiguration(
        blocks: crossBlocks, positions: .plane, classToken: .fromEncoder, cross: CrossDecoding()),
      masking: MaskingConfiguration(kind: "random", ratio: 0.95),
      target: TargetConfiguration(normalization: .perPatch))
  }
}
