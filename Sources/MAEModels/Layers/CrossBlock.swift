import MAECore
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

  /// Declares the parameters; `depth` is the number of the block, from 1.
  public init(
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
  ///   - random: decides what dropout sets to zero; nil = nothing.
  public func callAsFunction(
    _ x: Variable, memory: Variable, samples: Int, outputs: [Int32]? = nil, random: RandomStream? = nil
  ) -> Variable {
    let drops = cross.dropout > 0 ? random.map { DropoutPlaces(rate: cross.dropout, random: $0) } : nil
    var x = branch(x, norm2, drops?["cross"]) { input, residual in
      let attended = crossAttention.across(input, memory: memory, samples: samples, dropout: drops?["cross weights"])
      return crossAttention.projection(attended, onto: residual)
    }
    func feed(_ x: Variable) -> Variable {
      branch(x, norm3, drops?["mlp"]) { feedForward($0, onto: $1, dropout: drops?["hidden"]) }
    }
    func attendOwnTokens(_ x: Variable) -> Variable {
      branch(x, norm1, drops?["self"], outputs) { input, residual in
        let attended = selfAttention.within(input, samples: samples, queries: outputs, dropout: drops?["self weights"])
        return selfAttention.projection(attended, onto: residual)
      }
    }
    switch cross.order {
    case .crossMLPSelf: x = attendOwnTokens(feed(x))
    case .crossSelfMLP: x = feed(attendOwnTokens(x))
    }
    return x
  }

  private func branch(
    _ x: Variable, _ norm: LayerNorm, _ dropout: Dropout?, _ outputs: [Int32]? = nil,
    _ compute: (Variable, Variable?) -> Variable
  ) -> Variable {
    let residual = outputs.map { x.rows($0) } ?? x
    let input = cross.normFirst ? norm(x) : x
    let sum = dropout.map { compute(input, nil).dropped($0, onto: residual) } ?? compute(input, residual)
    return cross.normFirst ? sum : norm(sum)
  }
}

/// The places of one block where values are dropped, each with a stream of its own.
private struct DropoutPlaces {
  let rate: Float
  let random: RandomStream

  subscript(_ place: String) -> Dropout { Dropout(rate: rate, random: random.fork(place)) }
}
