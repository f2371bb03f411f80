/// Where the class token looks (Shin et al. 2024, figure 2).
struct ClassAttention: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "class_attention", title: "Attention of the class token",
    meaning: """
      How much the class token attends each patch in the block, mean over heads, and over class tokens where there are \
      several. Its attention to itself is left out and the rest made to add up to 1.
      """,
    formula: "a_i = mean_h A^h_{cls,i} ÷ Σ_j mean_h A^h_{cls,j}", unit: "share of the attention, 0 … 1")
  static let presentation = MetricPresentation(.belonging, [.map(attention, caption: "class attention")])

  private static let attention = "attention"

  static func obstacle(in context: AnalysisContext) -> String? {
    context.model.encoder.classToken ? nil : "The encoder of this \(context.model.method.name) has no class token."
  }

  private(set) var maps: [TokenMap] = []

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard view.isPictured, let attention = view.attention?.classRow else { return }
    maps.append(TokenMap(Self.attention, sample: view.sample, .tokens, view.grid, attention))
  }
}
