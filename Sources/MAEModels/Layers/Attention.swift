import MAEEngine

/// Multi-head attention with one joint map for query, key and value (rows 0, W and 2W on).
///
/// Used as self-attention or, with queries from one sequence and keys and values from another, as cross-attention.
public struct Attention: Sendable {
  let qkv: Linear
  let projection: Linear
  let width: Int
  let heads: Int

  /// Declares the parameters; `depth` is the number of the block, from 1.
  public init(_ blocks: BlockConfiguration, depth: Int, _ initialization: Initialization, in scope: ParameterScope) {
    width = blocks.width
    heads = blocks.heads
    qkv = Linear(
      width, 3 * width, bias: blocks.attentionBias != .none,
      frozenBias: blocks.attentionBias == .queryAndValue ? width..<2 * width : nil,
      initializer: initialization.linear(width, 3 * width), hiddenMaps: 3, in: scope["qkv"])
    projection = Linear(
      width, width, initializer: initialization.branchOutput(width, width, depth), hiddenMaps: 1, in: scope["proj"])
  }

  /// Attention within each sample.
  ///
  /// - Parameter queries: rows of x that ask; nil = all. The output has one row for each.
  public func within(
    _ x: Variable, samples: Int, queries: [Int32]? = nil, bias: Variable? = nil, dropout: Dropout? = nil
  ) -> Variable {
    guard let queries else { return qkv(x).selfAttention(samples: samples, heads: heads, bias: bias, dropout: dropout) }
    return qkv(x.rows(queries), outputs: 0..<width)
      .attention(over: qkv(x, outputs: width..<3 * width), samples: samples, heads: heads, bias: bias, dropout: dropout)
  }

  /// The weights of ``within(_:samples:queries:bias:)``, `[samples · heads · queries, keys]`.
  public func weights(_ x: Variable, samples: Int, queries: [Int32]? = nil, bias: Variable? = nil) -> Tensor {
    qkv(queries.map { x.rows($0) } ?? x, outputs: 0..<width)
      .attentionWeights(over: qkv(x, outputs: width..<2 * width), samples: samples, heads: heads, bias: bias)
  }

  /// Attention of x over another sequence.
  public func across(_ x: Variable, memory: Variable, samples: Int, dropout: Dropout? = nil) -> Variable {
    qkv(x, outputs: 0..<width)
      .attention(over: qkv(memory, outputs: width..<3 * width), samples: samples, heads: heads, dropout: dropout)
  }
}
