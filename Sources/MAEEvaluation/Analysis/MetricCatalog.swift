/// Every metric of an analysis, in the order of pages and help.
public enum MetricCatalog {
  static var metrics: [any AnalysisMetric.Type] {
    [
      SimilarityMatrix.self,
      MeanPatchSimilarity.self,
      ClassAttention.self,
      PatchClusters.self,
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
    ]
  }

  public static var definitions: [MetricDefinition] { metrics.map { $0.definition } }
}
