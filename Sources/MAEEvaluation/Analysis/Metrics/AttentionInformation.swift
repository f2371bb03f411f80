import Foundation

/// How much attention depends on who attends (Park et al. 2023, normalised mutual information).
struct AttentionInformation: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "attention_nmi", title: "Normalised mutual information of attention",
    meaning: """
      How much a query tells about what it attends: 0 when all tokens attend the same places, 1 when each attends its own. \
      Series: mean, over heads; head_1 and so on.
      """,
    formula: "NMI = I(q; k) ÷ √(H(q) H(k)),  p(q) = 1 ÷ L,  p(k|q) = A_{qk},  H(q) = ln L", unit: "none, 0 … 1")
  static let presentation = MetricPresentation(
    .attention,
    [
      .curve(mean, title: "Mutual information", label: "NMI"),
      .heads(title: "Mutual information of each head", label: "NMI"),
    ])

  private static let mean = "mean"

  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard let attention = view.attention else { return }
    let heads = attention.heads
    var mean = 0.0
    for head in 0..<heads {
      let value = Self.information(attention.head(head), tokens: view.grid.count)
      means.add(value, to: MetricSeries.head(head + 1), view)
      mean += value / Double(heads)
    }
    means.add(mean, to: Self.mean, view)
  }

  /// The mean first.
  var series: [MetricSeries] { means.series.sorted { !$0.isOfHead && $1.isOfHead } }

  /// - Parameter attention: `[tokens, tokens]`; 1e-8 is added to every weight before rows are made to add up to 1.
  static func information(_ attention: [Float], tokens: Int) -> Double {
    guard tokens > 1 else { return 0 }
    var keys = [Double](repeating: 0, count: tokens)
    var conditional = 0.0
    for query in 0..<tokens {
      let start = query * tokens
      var sum = 0.0
      for key in 0..<tokens { sum += Double(attention[start + key]) + 1e-8 }
      for key in 0..<tokens {
        let weight = (Double(attention[start + key]) + 1e-8) / sum
        conditional += weight * log(weight)
        keys[key] += weight
      }
    }
    // I = Σ p(q) A ln A − Σ p(k) ln p(k)
    let entropy = -keys.reduce(0) { $0 + $1 / Double(tokens) * log($1 / Double(tokens)) }
    return (conditional / Double(tokens) + entropy) / (log(Double(tokens)) * entropy).squareRoot()
  }
}
