import MAEEngine

/// A decoder block of mask tokens that attend features of the encoder, and not each other (Fu et al. 2024, section 3):
/// `x += attention(norm₁ x, memory norm)`, `x += feedForward(norm₂ x)`.
///
/// The features keep the encoder's width: the norm before and the map to keys and values are the block's own.
struct FeatureBlock: Sendable {
  private let norm1, norm2, memoryNorm: LayerNorm
  private let query, keyValue, projection: Linear
  private let feedForward: FeedForward
  private let heads: Int

  /// Declares the parameters.
  ///
  /// - Parameters:
  ///   - memoryWidth: of the features.
  ///   - depth: number of the block, from 1.
  init(
    _ blocks: BlockConfiguration, memoryWidth: Int, depth: Int, _ initialization: Initialization, in scope: ParameterScope
  ) {
    let width = blocks.width
    heads = blocks.heads
    norm1 = LayerNorm(width, epsilon: blocks.normEpsilon, in: scope["norm1"])
    memoryNorm = LayerNorm(memoryWidth, epsilon: blocks.normEpsilon, in: scope["memory_norm"])
    let attention = scope["cross_attn"]
    query = Linear(width, width, initializer: initialization.linear(width, width), hiddenMaps: 1, in: attention["q"])
    keyValue = Linear(
      memoryWidth, 2 * width, frozenBias: blocks.attentionBias == .queryAndValue ? 0..<width : nil,
      initializer: initialization.linear(memoryWidth, 2 * width), hiddenMaps: 2, in: attention["kv"])
    projection = Linear(
      width, width, initializer: initialization.branchOutput(width, width, depth), hiddenMaps: 1, in: attention["proj"])
    norm2 = LayerNorm(width, epsilon: blocks.normEpsilon, in: scope["norm2"])
    feedForward = FeedForward(blocks, depth: depth, initialization, in: scope["mlp"])
  }

  /// - Parameters:
  ///   - x: mask tokens, `[samples · tokens, width]`.
  ///   - memory: features, `[samples · memory tokens, memory width]`.
  func callAsFunction(_ x: Variable, memory: Variable, samples: Int) -> Variable {
    let attended = query(norm1(x)).attention(over: keyValue(memoryNorm(memory)), samples: samples, heads: heads)
    let y = projection(attended, onto: x)
    return feedForward(norm2(y), onto: y)
  }
}
