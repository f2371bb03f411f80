import MAEEngine
import MAEModels

/// How different the mask tokens of a picture become in the decoder (Shin et al. 2024, figure 7).
struct MaskTokenVariance: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "mask_token_variance", title: "Variance of mask tokens",
    meaning: """
      Mask tokens enter the decoder as one vector plus a position, and become different as they take up what the visible tokens \
      say: the variance of their embeddings after each decoder block. Series: unit, of embeddings of length 1 (as feature \
      variance); raw.
      """,
    formula: "Σ_d Var_{i∈M}(u_{i,d}),  u_i = x_i ÷ |x_i|", unit: "none; raw: squared embedding units")
  static let presentation = MetricPresentation(
    .decoder, [.curve(unit, title: "Variance of mask tokens", label: "variance of unit embeddings", of: .decoder)])

  private static let unit = "unit"

  static func obstacle(in context: AnalysisContext) -> String? {
    context.model.objective.decoderAttention == .otherFrame ? nil : context.decoderObstacle
  }

  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard view.stack == .decoder else { return }
    let isMask = view.isVisible.map { !$0 }
    let unit = UnitRows.of(view.features.values, count: view.features.count)
    let unitFeatures = TokenFeatures(count: view.features.count, values: unit.map(Float.init))
    means.add(unitFeatures.totalVariance(isMask), to: Self.unit, view)
    means.add(view.features.totalVariance(isMask), to: "raw", view)
  }

  var series: [MetricSeries] { means.series }
}
