import MAEEngine

/// A pre-norm block: `x += attention(norm₁ x)`, `x += feedForward(norm₂ x)`, each branch scaled per channel if so configured.
public struct TransformerBlock: Sendable {
  let norm1, norm2: LayerNorm
  let attention: Attention
  let feedForward: FeedForward
  let scale1, scale2: Parameter?

  /// - Parameter depth: number of the block, from 1.
  public init(_ blocks: BlockConfiguration, depth: Int, _ initialization: Initialization, in scope: ParameterScope) {
    self.init(blocks, depth: depth, initialization, training: .whole, in: scope)
  }

  init(
    _ blocks: BlockConfiguration, depth: Int, _ initialization: Initialization, training: BlockTraining,
    in scope: ParameterScope
  ) {
    let scope = training == .nothing ? scope.frozen : scope
    let first = training == .whole ? scope : scope.frozen
    norm1 = LayerNorm(blocks.width, epsilon: blocks.normEpsilon, in: first["norm1"])
    attention = Attention(blocks, depth: depth, initialization, in: first["attn"])
    norm2 = LayerNorm(blocks.width, epsilon: blocks.normEpsilon, in: scope["norm2"])
    feedForward = FeedForward(blocks, depth: depth, initialization, in: scope["mlp"])
    scale1 = blocks.layerScale.map { first.parameter("gamma_1", [blocks.width], .constant($0), role: .layerScale) }
    scale2 = blocks.layerScale.map { scope.parameter("gamma_2", [blocks.width], .constant($0), role: .layerScale) }
  }

  /// - Parameters:
  ///   - x: `[samples · tokens, width]`.
  ///   - outputs: rows that are needed afterwards; nil = all. Other rows only serve as keys and values.
  public func callAsFunction(
    _ x: Variable, samples: Int, outputs: [Int32]? = nil, bias: Variable? = nil
  ) -> Variable {
    feed(attend(x, samples: samples, outputs: outputs, bias: bias))
  }

  /// The block where samples may leave out branches.
  func callAsFunction(_ x: Variable, samples: Int, bias: Variable?, dropPath: DropPath) -> Variable {
    let y = dropPath.apply("attention", to: x, samples: samples) { part, samples in
      scaled(attention.projection(attention.within(norm1(part), samples: samples, bias: bias)), scale1)
    }
    return dropPath.apply("feed-forward", to: y, samples: samples) { part, _ in scaled(feedForward(norm2(part)), scale2) }
  }

  /// The block's first half, in which rows meet.
  public func attend(_ x: Variable, samples: Int, outputs: [Int32]? = nil, bias: Variable? = nil) -> Variable {
    let attended = attention.within(norm1(x), samples: samples, queries: outputs, bias: bias)
    let kept = outputs.map { x.rows($0) } ?? x
    return add(attended, through: { attention.projection($0, onto: $1) }, scale1, onto: kept)
  }

  /// The block's second half: of every row by itself.
  public func feed(_ y: Variable) -> Variable {
    add(norm2(y), through: { feedForward($0, onto: $1) }, scale2, onto: y)
  }

  /// How much each row attends each, `[samples · heads · queries, keys]`; nothing is recorded.
  ///
  /// - Parameters:
  ///   - x: what the block gets, `[samples · tokens, width]`.
  ///   - queries: rows whose attention is wanted; nil = all.
  public func attentionWeights(_ x: Variable, samples: Int, queries: [Int32]? = nil, bias: Variable? = nil) -> Tensor {
    attention.weights(norm1(x.unrecorded), samples: samples, queries: queries, bias: bias)
  }

  /// What attention brings to each row, heads side by side, before the output projection; nothing is recorded.
  public func attended(_ x: Variable, samples: Int, bias: Variable? = nil) -> Variable {
    attention.within(norm1(x.unrecorded), samples: samples, bias: bias)
  }

  /// A branch by itself.
  private func scaled(_ branch: Variable, _ scale: Parameter?) -> Variable {
    guard let scale else { return branch }
    return branch.scaled(by: scale, onto: branch.tape.constant(branch.tape.kernels.zeros(branch.shape)))
  }

  private func add(
    _ x: Variable, through branch: (Variable, Variable?) -> Variable, _ scale: Parameter?, onto residual: Variable
  ) -> Variable {
    guard let scale else { return branch(x, residual) }
    return branch(x, nil).scaled(by: scale, onto: residual)
  }
}
