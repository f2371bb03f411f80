/// The metrics of an analysis, in the order of pages and help; a program can add its own.
public struct MetricCatalogue: Sendable {
  /// In the order of pages and help.
  public private(set) var metrics: [any AnalysisMetric.Type]

  /// The metrics of this package.
  public static let builtIn = MetricCatalogue(metrics: [
    MeanPatchSimilarity.self,
    ClassAttention.self,
    PatchClusters.self,
    SimilarityMatrix.self,
    PatchPlane.self,
    MaskComparison.self,
    FeatureVariance.self,
    SimilarityVariance.self,
    ClusterGap.self,
    RelationDivergence.self,
    AttentionDistance.self,
    AttentionInformation.self,
    FourierAmplitude.self,
    ExploitationRates.self,
    MaskTokenVariance.self,
    ClassDistances.self,
  ])

  /// The catalogue with one more metric.
  ///
  /// - Precondition: no other metric has its key.
  public func adding(_ metric: any AnalysisMetric.Type) -> MetricCatalogue {
    precondition(
      !metrics.contains { $0.definition.key == metric.definition.key }, "MetricCatalogue: two metrics \(metric.definition.key)")
    return MetricCatalogue(metrics: metrics + [metric])
  }

  /// What each metric is.
  public var definitions: [MetricDefinition] { metrics.map { $0.definition } }
}
