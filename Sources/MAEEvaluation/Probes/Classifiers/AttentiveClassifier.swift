import MAEEngine
import MAEModels

/// Pools tokens by attention of one learned query and classifies the result (Bardes et al. 2024, V-JEPA; facebookresearch/vjepa2,
/// `src/models/attentive_pooler.py`):
///
///     q ← q + attention(W_q q + b_q over keys and values of norm1(tokens))
///     q ← q + mlp(norm2(q))
///     logits = W q + b
///
/// The query is not normalised before its map, attention has no map behind it, and no norm stands before the classifier.
/// Before that, tokens go through `depth − 1` transformer blocks. Parameters have the public code's names.
package struct AttentiveClassifier {
  private let query: Parameter
  private let queryMap, keyValueMap, expand, contract, classifier: Linear
  private let norm1, norm2: LayerNorm
  private let heads: Int
  private let blocks: [TransformerBlock]

  package init(width: Int, heads: Int, depth: Int = 1, classes: Int, in scope: ParameterScope) {
    let start = Initializer.truncatedNormal(deviation: 0.02, cut: 100)
    let block = scope["pooler"]["cross_attention_block"]
    blocks = (1..<depth).map { number in
      TransformerBlock(
        BlockConfiguration(width: width, depth: depth - 1, heads: heads, normEpsilon: 1e-5), depth: number,
        Initialization(
          linear: { _, _ in start },
          branchOutput: { _, _, block in .truncatedNormal(deviation: 0.02 / (2 * Double(block)).squareRoot(), cut: 100) },
          patchBias: { _ in .zeros }, token: start),
        in: scope["pooler"]["blocks"][number - 1])
    }
    query = scope["pooler"].parameter("query_tokens", [1, 1, width], start, role: .token)
    norm1 = LayerNorm(width, epsilon: 1e-5, in: block["norm1"])
    queryMap = Linear(width, width, initializer: start, in: block["xattn"]["q"])
    keyValueMap = Linear(width, 2 * width, initializer: start, in: block["xattn"]["kv"])
    norm2 = LayerNorm(width, epsilon: 1e-5, in: block["norm2"])
    expand = Linear(width, 4 * width, initializer: start, in: block["mlp"]["fc1"])
    contract = Linear(
      4 * width, width, initializer: .truncatedNormal(deviation: 0.02 / 2.0.squareRoot(), cut: 100), in: block["mlp"]["fc2"])
    classifier = Linear(width, classes, initializer: start, in: scope["linear"])
    self.heads = heads
  }

  /// Of tokens `[samples · tokens, width]`: what attention makes of them, `[samples, width]`, and logits `[samples, classes]`.
  package func callAsFunction(_ tokens: Variable, samples: Int) -> (pooled: Variable, logits: Variable) {
    let queries = tokens.tape.variable(of: query).rows([Int32](repeating: 0, count: samples))
    let x = blocks.reduce(tokens) { $1($0, samples: samples) }
    let attended = queryMap(queries).attention(over: keyValueMap(norm1(x)), samples: samples, heads: heads)
    let q = queries.adding(attended, weight: 1)
    let pooled = contract(expand(norm2(q)).gelu(), onto: q)
    return (pooled, classifier(pooled))
  }
}
