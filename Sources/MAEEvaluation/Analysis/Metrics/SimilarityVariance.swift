/// How polarised the similarities are (σ_S of Shin et al. 2024, table 1).
struct SimilarityVariance: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "similarity_variance", title: "Similarity variance",
    meaning: """
      The variance of the cosine similarities of all pairs of different patches, of what attention brings to each. Large \
      values mean that patches are either alike or not: the model has made groups.
      """,
    formula: "σ_S = Σ_{i≠j} (M_{ij} − mean M)^2 ÷ (n (n − 1))", unit: "squared cosine")
  static let presentation = MetricPresentation(
    .groups,
    [
      .curve(similarity, title: "Similarity variance", label: "σ_S (squared cosine)"),
      .curve(similarity, title: "Similarity variance in the decoder", label: "σ_S (squared cosine)", of: .decoder),
    ])

  private static let similarity = "similarity"

  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) { means.add(view.relations.similarityVariance, to: Self.similarity, view) }

  var series: [MetricSeries] { means.series }
}
