import MAECore
import MAEEngine
import MAEModels

/// A model's encoder with what its tokens are pooled to: none of them masked.
struct PooledEncoder: ClipFeatures {
  let model: Model
  /// See ``FeatureExtractor/layer``.
  let layer: Int?
  let pooling: Pooling
  let kernels: Kernels

  /// Channels of a token.
  var width: Int { model.configuration.encoder.blocks.width }

  func features(of clips: [Clip]) -> [Float] {
    var inside: Tensor?
    let output = encode(clips, Probe(output: { index, x in if index + 1 == self.layer { inside = x.tensor } }))
    return pooled(inside ?? output, clips: clips.count)
  }

  /// The pooled output of every block, the first block of all clips first.
  func featuresOfBlocks(of clips: [Clip]) -> [[Float]] {
    var blocks: [[Float]] = []
    _ = encode(clips, Probe(output: { _, x in blocks.append(self.pooled(x.tensor, clips: clips.count)) }))
    return blocks
  }

  private func encode(_ clips: [Clip], _ probe: Probe) -> Tensor {
    let tokens = EncoderTokens(allOf: model.configuration.grid, samples: clips.count)
    return model.objective.encoder(
      model.source(ClipBatch(clips)), tokens, in: Pass(inferring: model.parameters, on: kernels), probe: probe
    ).tensor
  }

  private func pooled(_ rows: Tensor, clips: Int) -> [Float] {
    let (values, classRows) = (rows.floats(), model.objective.encoder.classRows)
    let perClip = values.count / clips
    return (0..<clips).flatMap { clip in
      let tokens = values[clip * perClip..<(clip + 1) * perClip]
      return switch pooling {
      case .cls: Self.mean(tokens.prefix(classRows * width), width: width)
      case .tokens: Array(tokens.dropFirst(classRows * width))
      case .mean: Self.mean(tokens.dropFirst(classRows * width), width: width)
      }
    }
  }

  private static func mean(_ tokens: ArraySlice<Float>, width: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: width)
    var column = 0
    for value in tokens {
      sums[column] += Double(value)
      column = column + 1 == width ? 0 : column + 1
    }
    return sums.map { Float($0 * Double(width) / Double(tokens.count)) }
  }
}
