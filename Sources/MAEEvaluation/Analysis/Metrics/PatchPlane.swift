import MAECore

/// Patches of a picture in the plane by t-SNE (van der Maaten and Hinton 2008).
struct PatchPlane: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "patch_tsne", title: "Patches in the plane (t-SNE)",
    meaning: """
      Each dot is a patch; patches that the model finds alike lie close together. Distances between far groups mean nothing. \
      Colours are the k-means groups. Of a long clip, a few time slots are shown.
      """,
    formula: """
      minimises Σ_{ij} p_{ij} ln(p_{ij} ÷ q_{ij});  p from distances of unit embeddings (perplexity 30), \
      q ∝ 1 ÷ (1 + |y_i − y_j|^2)
      """,
    unit: "arbitrary")
  static let presentation = MetricPresentation(
    .pairs, [.plane(plane, label: "t-SNE", groups: PatchClusters.means, of: PatchClusters.definition.key)])

  private static let plane = "t_sne"

  /// The most dots of a picture.
  private static let most = 512

  private let random: RandomStream
  private(set) var maps: [TokenMap] = []

  init(_ context: AnalysisContext) { random = RandomStream(seed: context.seed).fork("t-SNE") }

  mutating func add(_ view: LayerView) {
    guard view.isPictured else { return }
    let (grid, relations) = (view.grid, view.relations)
    let slots = max(1, min(grid.time, Self.most / grid.plane))
    let tokens = (0..<slots).flatMap { slot in
      let time = slot * grid.time / slots
      return Array(time * grid.plane..<(time + 1) * grid.plane)
    }
    // Squared distances of unit vectors from their cosines.
    let distances = tokens.flatMap { a in tokens.map { b in max(0, 2 - 2 * relations.similarity[a, b]) } }
    let plane = NeighbourEmbedding.plane(
      squaredDistances: distances, count: tokens.count, random: random.fork("sample", view.sample))
    maps.append(
      TokenMap(Self.plane, sample: view.sample, .plane, shape: [tokens.count, 2], values: plane, tokens: tokens))
  }
}
