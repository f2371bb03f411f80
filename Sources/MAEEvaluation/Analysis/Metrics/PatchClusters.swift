import MAECore
import MAEEngine
import MAEModels

/// Groups of patches (Shin et al. 2024, figure 2 and appendix).
struct PatchClusters: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "patch_clusters", title: "Groups of patches",
    meaning: """
      The patches of a picture in up to five groups, from what attention brings to each alone. cut: normalised cut, repeated \
      on the group that falls apart most easily; k_means: the five means that explain the rows, brought to length 1, best.
      """,
    formula:
      "cut: second eigenvector of (D − W) y = λ D y with W = M, split at its mean;  k-means: min Σ_i |u_i − c_{k(i)}|^2",
    unit: "number of the group")
  static let presentation = MetricPresentation(
    .belonging, [.map(cut, caption: "groups: repeated cut"), .map(means, caption: "groups: k-means")])

  private static let cut = "cut"
  static let means = "k_means"

  static let groups = 5

  private let edges: EdgeWeights
  private let random: RandomStream
  private(set) var maps: [TokenMap] = []

  init(_ context: AnalysisContext) {
    edges = context.edges
    random = RandomStream(seed: context.seed).fork("k-means")
  }

  mutating func add(_ view: LayerView) {
    guard view.isPictured else { return }
    let relations = view.relations
    let cut = RecursiveCut.groups(of: relations.similarity, count: Self.groups, edges: edges)
    let means = KMeans.groups(
      of: relations.unitRows, width: relations.width, count: Self.groups, random: random.fork("sample", view.sample))
    maps.append(TokenMap(Self.cut, sample: view.sample, .clusters, view.grid, cut.map(Double.init)))
    maps.append(TokenMap(Self.means, sample: view.sample, .clusters, view.grid, means.map(Double.init)))
  }
}
