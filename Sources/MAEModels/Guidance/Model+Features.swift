import MAECore
import MAEEngine

extension Model {
  /// The masking, if it wants to know how a model sees the samples.
  public var guidedMasking: (any GuidedMasking)? { masking as? any GuidedMasking }

  /// What stands for the tokens of each sample at the block that a guide looks at. Nothing is recorded, and blocks further up do
  /// not run.
  ///
  /// - Precondition: the guide has no problems in this model.
  public func tokenFeatures(
    _ source: PixelSource, _ guide: GuideConfiguration = GuideConfiguration(), on kernels: Kernels
  ) -> [TokenFeatures] {
    let (encoder, grid, samples) = (objective.encoder, configuration.grid, source.shape.samples)
    let block = guide.block(in: configuration)
    let tokens = EncoderTokens(allOf: grid, samples: samples)
    let pass = Pass(inferring: parameters, on: kernels)
    let rows: Tensor
    switch (guide.stack, guide.relations) {
    case (.encoder, .attention): rows = encoder.attended(source, tokens, block: block, in: pass).tensor
    case (.encoder, .block): rows = encoder(source, tokens, in: pass, lastBlock: block).tensor
    case (.decoder, _): return decoderFeatures(source, block: block, guide.relations, on: kernels)
    }
    let perSample = encoder.classRows + grid.count
    return (0..<samples).map { sample in
      TokenFeatures(
        count: grid.count, values: rows.rows(sample * perSample + encoder.classRows..<(sample + 1) * perSample).floats())
    }
  }

  /// What stands for the tokens in a block of the decoder when one and the same random mask hides their share of every sample.
  private func decoderFeatures(
    _ source: PixelSource, block: Int, _ relations: GuideRelations, on kernels: Kernels
  ) -> [TokenFeatures] {
    let (grid, samples) = (configuration.grid, source.shape.samples)
    var random = RandomStream(seed: 0).fork("mask of the guide")
    let mask = RandomMasking(configuration.masking.inTokens(ofPatch: configuration.input.patch)).mask(
      MaskContext(grid: grid), random: &random)
    var rows: Tensor?
    let look = { (index: Int, x: Variable) in if index == block - 1 { rows = x.tensor } }
    let probe = Probe(
      output: relations == .block ? look : nil, attended: relations == .attention ? look : nil, wantsAllRows: true)
    _ = objective.loss(
      of: Batch(source, masks: Array(repeating: mask, count: samples)),
      in: Pass(inferring: parameters, on: kernels, probes: ["decoder": probe]))
    guard let rows else { preconditionFailure("tokenFeatures: \(configuration.method) has no decoder block \(block)") }
    // The sequence is class token, visible tokens, hidden tokens.
    let (perSample, width, order) = (rows.rows / samples, rows.width, mask.visible + mask.hidden)
    return (0..<samples).map { sample in
      let values = rows.rows((sample + 1) * perSample - grid.count..<(sample + 1) * perSample).floats()
      var features = TokenFeatures(count: grid.count, values: values)
      for (row, token) in order.enumerated() {
        let place = Int(token) * width
        features.values.replaceSubrange(place..<place + width, with: values[row * width..<(row + 1) * width])
      }
      return features
    }
  }

  /// How much the class token attends each token in the encoder's last block, with nothing hidden: one value per token, mean over
  /// heads.
  ///
  /// - Precondition: the encoder has one class token.
  public func classAttention(_ source: PixelSource, on kernels: Kernels) -> [[Double]] {
    precondition(objective.encoder.classRows == 1, "classAttention: the encoder has not one class token")
    let (samples, count, heads) = (
      source.shape.samples, configuration.grid.count, configuration.encoder.blocks.heads
    )
    let weights = objective.encoder.classAttention(
      source, EncoderTokens(allOf: configuration.grid, samples: samples), in: Pass(inferring: parameters, on: kernels)
    ).floats()
    return (0..<samples).map { sample in
      (0..<count).map { token in
        (0..<heads).reduce(0.0) { $0 + Double(weights[(sample * heads + $1) * (count + 1) + 1 + token]) } / Double(heads)
      }
    }
  }

  /// What the guided masking of this model finds in each sample; nil where nothing is to be found.
  ///
  /// - Parameter view: which of the masking's views, from 0.
  /// - Precondition: ``guidedMasking`` is there.
  public func relevance(_ source: PixelSource, view: Int = 0, on kernels: Kernels) -> [Relevance?] {
    guard let masking = guidedMasking else { preconditionFailure("relevance: the masking is not guided") }
    return masking.relevance(source, of: self, view: view, on: kernels)
  }

  /// What a guided masking wants to know about the samples, with the weights of the moment; nil for other maskings.
  package func guidance(for source: PixelSource, on kernels: Kernels) -> [MaskGuidance]? {
    guidedMasking == nil ? nil : relevance(source, on: kernels).map { MaskGuidance(scores: $0?.scores) }
  }
}
