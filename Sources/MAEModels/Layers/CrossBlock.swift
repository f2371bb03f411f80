import MAEEngine

/// A decoder block that attends another frame, then its own tokens (Gupta et al. 2023, section 3).
///
/// Post-norm is `x = norm(x + f(x))`, pre-norm `x = x + f(norm(x))`; norms 1, 2 and 3 belong to self-attention,
/// cross-attention and feed-forward, as in the public implementation.
public struct CrossBlock: Sendable {
  let selfAttention, crossAttention: Attention
  let feedForward: FeedForward
  let norm1, norm2, norm3: LayerNorm
  let cross: CrossDecoding

  init(
    _ blocks: BlockConfiguration, _ cross: CrossDecoding, depth: Int, _ initialization: Initialization,
    in scope: ParameterScope
  ) {
    self.cross = cross
    selfAttention = Attention(blocks, depth: depth, initialization, in: scope["self_attn"])
    crossAttention = Attention(blocks, depth: depth, initialization, in: scope["cross_attn"])
    feedForward = FeedForward(blocks, depth: depth, initialization, in: scope["mlp"])
    norm1 = LayerNorm(blocks.width, epsilon: blocks.normEpsilon, in: scope["norm1"])
    norm2 = LayerNorm(blocks.width, epsilon: blocks.normEpsilon, in: scope["norm2"])
    norm3 = LayerNorm(blocks.width, epsilon: blocks.normEpsilon, in: scope["norm3"])
  }

  /// - Parameters:
  ///   - x: tokens of the frame to predict, `[samples · tokens, width]`.
  ///   - memory: tokens of the other frame, `[samples · memory tokens, width]`.
  ///   - outputs: rows of x that are needed afterwards; nil = all.
  func callAsFunction(_ x: Variable, memory: Variable, samples: Int, outputs: [Int32]? = nil) -> Variable {
    var x = branch(x, norm2) { input, residual in
      crossAttention.projection(crossAttention.across(input, memory: memory, samples: samples), onto: residual)
    }
    switch cross.order {
    case .crossMLPSelf:
      x = branch(x, norm3) { feedForward($0, onto: $1) }
      x = attendOwnTokens(x, samples, outputs)
    case .crossSelfMLP:
      x = attendOwnTokens(x, samples, outputs)
      x = branch(x, norm3) { feedForward($0, onto: $1) }
    }
    return x
  }

  private func attendOwnTokens(_ x: Variable, _ samples: Int, _ outputs: [Int32]?) -> Variable {
    branch(x, norm1, outputs) { input, residual in
      selfAttention.projection(selfAttention.within(input, samples: samples, queries: outputs), onto: residual)
    }
  }

  private func branch(
    _ x: Variable, _ norm: LayerNorm, _ outputs: [Int32]? = nil, _ compute: (Variable, Variable) -> Variable
  ) -> Variable {
    let residual = outputs.map { x.rows($0) } ?? x
    return cross.normFirst ? compute(norm(x), residual) : norm(compute(x, residual))
  }
}
