/// The cosine of every patch with the mean patch (Shin et al. 2024, figure 2).
struct MeanPatchSimilarity: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "mean_patch_similarity", title: "Similarity to the mean patch",
    meaning: """
      The cosine of each patch with the mean of all patches of its picture, of what attention brings to each. What stands out \
      from the rest of the picture differs in colour from what is everywhere.
      """,
    formula: "s_i = x_i · m ÷ (|x_i| |m|),  m = mean_j x_j", unit: "cosine, −1 … 1")
  static let presentation = MetricPresentation(.belonging, [.map(similarity, caption: "similarity to the mean patch")])

  private static let similarity = "similarity"

  private(set) var maps: [TokenMap] = []

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard view.isPictured else { return }
    let scores = view.relations.scores(for: [Bool](repeating: true, count: view.relations.count))
    maps.append(TokenMap(Self.similarity, sample: view.sample, .tokens, view.grid, scores))
  }
}
