import Foundation

/// How far token relations are from those of the last checkpoint (Shin et al. 2024, figure 3b).
struct RelationDivergence: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "relation_divergence", title: "Divergence from the final token relations",
    meaning: """
      How much the relations of a picture's tokens still have to change until the last checkpoint: the Kullback–Leibler \
      divergence of its relations from those at each step, mean over tokens. Relations are the softmax of a token's similarities \
      to all tokens (temperature 1), or its attention (mean over heads). 0 at the last checkpoint by definition.
      """,
    formula: "D = mean_i Σ_j P^{final}_{ij} ln(P^{final}_{ij} ÷ P_{ij}),  P_{ij} = exp(M_{ij}) ÷ Σ_k exp(M_{ik}) or A_{ij}",
    unit: "nats")
  static let presentation = MetricPresentation(
    .convergence,
    [
      .course(similarity, title: "Divergence of similarities", label: "nats"),
      .course(attention, title: "Divergence of attention", label: "nats"),
    ])

  private static let (similarity, attention) = ("similarity", "attention")

  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard view.stack == .encoder else { return }
    guard let final = view.final else {
      means.add(0, to: Self.similarity, view)
      means.add(0, to: Self.attention, view)
      return
    }
    let count = view.grid.count
    let similarity = (0..<count).reduce(0.0) { sum, row in
      sum
        + Self.divergence(
          Self.softmax(final.similarity.values[row * count..<(row + 1) * count]),
          Self.softmax(view.relations.similarity.values[row * count..<(row + 1) * count]))
    }
    means.add(similarity / Double(count), to: Self.similarity, view)
    guard let attention = view.attention?.mean else { return }
    let divergence = (0..<count).reduce(0.0) { sum, row in
      let rows = row * count..<(row + 1) * count
      return sum + Self.divergence(final.attention[rows].map(Double.init), attention[rows].map(Double.init))
    }
    means.add(divergence / Double(count), to: Self.attention, view)
  }

  var series: [MetricSeries] { means.series }

  private static func softmax(_ values: ArraySlice<Double>) -> [Double] {
    let largest = values.max() ?? 0
    let powers = values.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// Σ p ln(p ÷ q); tiny shares, which single precision can round to 0, are kept above it.
  private static func divergence(_ p: [Double], _ q: [Double]) -> Double {
    zip(p, q).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / max($1.1, 1e-32)) : 0) }
  }
}
