import MAEModels

/// How different the patches of a picture are (σ_F of Shin et al. 2024, table 1).
struct FeatureVariance: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "feature_variance", title: "Feature variance",
    meaning: """
      How far the rows of a picture's patches lie apart, once each has length 1: 0 when all point the same way, 1 when they \
      cancel out. Rows are what attention brings to each patch (the block's output where it attends more than its own tokens). \
      Series: unit; per_dimension, divided by the number of channels D; raw, of the block's output as it is. Decoder blocks \
      have visible and mask tokens.
      """,
    formula: "σ_F = Σ_d Var_i(u_{i,d}) = 1 − |mean_i u_i|^2,  u_i = x_i ÷ |x_i|", unit: "none; raw: squared output units")
  static let presentation = MetricPresentation(
    .groups,
    [
      .curve(unit, title: "Feature variance", label: "σ_F"),
      .curve(unit, title: "Feature variance in the decoder", label: "σ_F", of: .decoder),
    ])

  private static let unit = "unit"

  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    let variance = view.relations.featureVariance
    means.add(variance, to: Self.unit, view)
    means.add(variance / Double(view.relations.width), to: "per_dimension", view)
    means.add(view.features.totalVariance(), to: "raw", view)
  }

  var series: [MetricSeries] { means.series }
}

extension TokenFeatures {
  /// The variance over tokens, added up over dimensions, of embeddings as they are.
  ///
  /// - Parameter isIncluded: tokens that count; nil = all.
  func totalVariance(_ isIncluded: [Bool]? = nil) -> Double? {
    let tokens = (0..<count).filter { isIncluded?[$0] ?? true }
    guard !tokens.isEmpty else { return nil }
    var (sums, squares) = ([Double](repeating: 0, count: width), 0.0)
    for token in tokens {
      for column in 0..<width { sums[column] += Double(values[token * width + column]) }
    }
    for token in tokens {
      for column in 0..<width {
        let difference = Double(values[token * width + column]) - sums[column] / Double(tokens.count)
        squares += difference * difference
      }
    }
    return squares / Double(tokens.count)
  }
}
