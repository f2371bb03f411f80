import MAEModels

/// How far token relations are from those of the last checkpoint (Shin et al. 2024, figure 3b).
struct RelationDivergence: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "relation_divergence", title: "Divergence from the final token relations",
    meaning: """
      How far the relations of a picture's tokens are from those at the last checkpoint: the Kullback–Leibler divergence of the \
      relations at each step from the final ones, mean over tokens. Relations are the softmax of a token's similarities to all \
      tokens (temperature 1), or its attention (mean over heads). The encoder sees everything, so the last checkpoint has 0; the \
      decoder works on a masked picture and is compared with the final decoder on the whole one, so it keeps a distance.
      """,
    formula: "δ = mean_i Σ_j P_{ij} ln(P_{ij} ÷ P^{final}_{ij}),  P_{ij} = exp(M_{ij}) ÷ Σ_k exp(M_{ik}) or A_{ij}",
    unit: "nats")
  static let presentation = MetricPresentation(
    .convergence,
    [
      .course(similarity, title: "Divergence of similarities", label: "nats"),
      .course(attention, title: "Divergence of attention", label: "nats"),
      .course(similarity, title: "Divergence of similarities in the decoder", label: "nats", of: .decoder),
      .course(attention, title: "Divergence of attention in the decoder", label: "nats", of: .decoder),
    ])

  private static let (similarity, attention) = ("similarity", "attention")

  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard let final = view.final, let attention = view.attention?.mean else { return }
    means.add(
      RowDistributions(softmaxOf: view.relations.similarity).divergence(from: final.similarity), to: Self.similarity, view)
    means.add(
      RowDistributions(attention: attention, count: view.grid.count).divergence(from: final.attention), to: Self.attention, view)
  }

  var series: [MetricSeries] { means.series }
}
