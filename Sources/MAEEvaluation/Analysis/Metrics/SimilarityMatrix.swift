/// Cosine similarities of all pairs of patches (Shin et al. 2024, figure 2).
struct SimilarityMatrix: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "similarity_matrix", title: "Similarity of all pairs of patches",
    meaning: """
      How alike the model finds any two patches of a picture: the cosine of what attention brings to them. Rows and columns \
      are patches, row by row of the picture (of a clip, frame after frame). A model that groups patches shows blocks of high \
      and low similarity. Of large grids each value is the mean over neighbouring patches.
      """,
    formula: "M_{ij} = x_i · x_j ÷ (|x_i| |x_j|)", unit: "cosine, −1 … 1")
  static let presentation = MetricPresentation(.pairs, [.map(similarity)])

  private static let similarity = "similarity"

  /// The most rows that are kept.
  private static let side = 256

  private(set) var maps: [TokenMap] = []

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard view.isPictured else { return }
    let (count, values) = (view.relations.count, view.relations.similarity.values)
    let group = (count + Self.side - 1) / Self.side
    let rows = (count + group - 1) / group
    var sums = [Double](repeating: 0, count: rows * rows)
    var pairs = sums
    for row in 0..<count {
      for column in 0..<count {
        sums[row / group * rows + column / group] += values[row * count + column]
        pairs[row / group * rows + column / group] += 1
      }
    }
    maps.append(
      TokenMap(Self.similarity, sample: view.sample, .pairs, shape: [rows, rows], values: zip(sums, pairs).map { $0 / $1 }))
  }
}
