import MAEEngine
import MAEModels

/// How clearly a picture falls into two groups of patches (Shin et al. 2024, figure 3a).
struct ClusterGap: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "cluster_gap", title: "Gap between two groups of patches",
    meaning: """
      Each picture's patches are cut in two by normalised cut on their similarities in the final block. The gap is the mean \
      weight of pairs inside a group less that of pairs across, in every block: once with similarities, once with attention \
      (mean over heads, both directions averaged). A large gap means that a picture falls into two groups. Similarities are \
      cosines of what attention brings to each patch. Pictures that cannot be cut in two are left out; cut_share says how many \
      could.
      """,
    formula: "gap = μ_{intra} − μ_{inter},  weights M_{ij} or (A_{ij} + A_{ji}) ÷ 2", unit: "cosine; share of the attention")
  static let presentation = MetricPresentation(
    .groups,
    [
      .curve(gap(similarity), title: "Gap of similarity", label: "μ intra − μ inter (cosine)"),
      .curve(gap(attention), title: "Gap of attention", label: "μ intra − μ inter"),
    ])

  private static let (similarity, attention) = ("similarity", "attention")
  private static func gap(_ weights: String) -> String { "gap_" + weights }

  private var means = LayerMeans()
  private let depth: Int
  /// Of the sample at hand, up to the final block, whose cut is the one for all.
  private var blocks: [LayerView] = []

  init(_ context: AnalysisContext) { depth = context.model.encoder.blocks.depth }

  mutating func add(_ view: LayerView) {
    guard view.stack == .encoder else { return }
    blocks.append(view)
    guard view.layer == depth else { return }
    for block in blocks { add(block, cut: view.cut) }
    blocks = []
  }

  private mutating func add(_ view: LayerView, cut: NormalizedCut?) {
    means.add(cut == nil ? 0 : 1, to: "cut_share", view)
    let attention = cut == nil ? nil : view.attention.map { SymmetricMatrix(symmetrising: $0.mean, count: view.grid.count) }
    for (name, weights) in [(Self.similarity, view.relations.similarity), (Self.attention, attention)] {
      var values: (intra: Double?, inter: Double?) = (nil, nil)
      if let cut, let weights { values = view.relations.meanWeights(of: cut.partition, weights: weights) }
      means.add(values.intra, to: "intra_\(name)", view)
      means.add(values.inter, to: "inter_\(name)", view)
      means.add(values.intra.flatMap { intra in values.inter.map { intra - $0 } }, to: Self.gap(name), view)
    }
  }

  var series: [MetricSeries] { means.series }
}
