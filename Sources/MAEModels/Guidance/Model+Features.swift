import MAECore
import MAEEngine

extension Model {
  /// The masking, if it wants to know how tokens relate to each other.
  public var guidedMasking: (any GuidedMasking)? { masking as? any GuidedMasking }

  /// The embeddings of all tokens of each sample after an encoder block, before any final norm. Nothing is recorded, and blocks
  /// further up do not run.
  ///
  /// - Parameters:
  ///   - block: counted from 1.
  ///   - classAttention: whether the block's attention from the class token is wanted too; there must be one.
  public func tokenFeatures(
    _ source: PixelSource, block: Int, classAttention: Bool = false, on kernels: Kernels
  ) -> [TokenFeatures] {
    let (encoder, grid, samples) = (objective.encoder, configuration.grid, source.shape.samples)
    precondition(!classAttention || encoder.classRows == 1, "tokenFeatures: the encoder has no class token")
    let heads = encoder.configuration.blocks.heads
    var attention: [Float]?
    var probe = Probe()
    if classAttention { probe.attention = { index, weights in if index == block - 1 { attention = weights.floats() } } }
    let rows = encoder(
      source, EncoderTokens(allOf: grid, samples: samples), in: Pass(inferring: parameters, on: kernels), lastBlock: block,
      probe: probe
    ).tensor
    let tokens = encoder.classRows + grid.count
    return (0..<samples).map { sample in
      TokenFeatures(
        count: grid.count,
        values: rows.rows(sample * tokens + encoder.classRows..<(sample + 1) * tokens).floats(),
        classAttention: attention.map { weights in
          // Rows of the class token, one for each head.
          (0..<grid.count).map { token in
            (0..<heads).reduce(0.0) { $0 + Double(weights[((sample * heads + $1) * tokens) * tokens + 1 + token]) }
              / Double(heads)
          }
        })
    }
  }

  /// What the guided masking of this model finds in each sample; nil where nothing is to be found.
  ///
  /// - Precondition: ``guidedMasking`` is there.
  public func relevance(_ source: PixelSource, on kernels: Kernels) -> [Relevance?] {
    guard let masking = guidedMasking else { preconditionFailure("relevance: the masking is not guided") }
    let (guide, grid) = (masking.guide, configuration.grid)
    let features = tokenFeatures(
      source, block: guide.block(of: configuration.encoder.blocks.depth),
      classAttention: guide.cluster == .classAttention, on: kernels)
    return kernels.workers.map(features.count) { masking.relevance(of: features[$0], in: grid) }
  }

  /// What a guided masking wants to know about the samples, with the weights of the moment; nil for other maskings.
  package func guidance(for source: PixelSource, on kernels: Kernels) -> [MaskGuidance]? {
    guidedMasking == nil ? nil : relevance(source, on: kernels).map { MaskGuidance(relevance: $0) }
  }
}
