import MAECore
import MAEModels

/// How far pictures of the same and of different classes lie apart as more of them is hidden (Zhang et al. 2022, How Mask
/// Matters).
struct ClassDistances: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "class_distances", title: "Distances within and between classes against the mask ratio",
    meaning: """
      Each picture becomes one vector: the mean over the visible patches of the encoder's output, with length 1. intra is the \
      mean distance of two pictures of one class, inter that of two classes, at growing shares of hidden patches. Classes are \
      the folders (or the list's labels). The further inter lies above intra, the better the classes can be told apart.
      """,
    formula: "d = mean |z_a − z_b|,  z = mean_i x_i ÷ |mean_i x_i|", unit: "Euclidean distance of unit vectors, 0 … 2")
  static let presentation = MetricPresentation(
    .classes,
    [
      .comparison(
        [.init(intra, "within a class"), .init(inter, "between classes")], title: "Distances", label: "Euclidean distance"),
      .curve(ratio, title: "Between over within", label: "ratio of distances"),
    ])

  private static let (intra, inter, ratio) = ("intra", "inter", "inter_over_intra")

  private static let ratios = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9]

  static func obstacle(in context: AnalysisContext) -> String? {
    let counts = Dictionary(grouping: context.labels.compactMap(\.self)) { $0 }.mapValues(\.count)
    guard counts.count > 1 else { return "The data have no labels, or only one: put classes into folders of their own." }
    return counts.values.contains { $0 > 1 } ? nil : "No class has two samples among those that were looked at."
  }

  private let masking: MaskingConfiguration
  private let patch: Int
  private let seed: UInt64
  private(set) var series: [MetricSeries] = []

  init(_ context: AnalysisContext) {
    masking = context.model.masking
    patch = context.model.input.patch
    seed = context.seed
  }

  mutating func examine(_ bench: AnalysisBench) throws {
    let labelled = bench.clips.indices.filter { bench.labels[$0] != nil }
    let grid = bench.model.configuration.grid
    var (intra, inter): ([Spread], [Spread]) = ([], [])
    var used: [Double] = []
    for ratio in Self.ratios {
      guard let strategy = strategy(ratio, grid) else { continue }
      used.append(ratio)
      let visible = try labelled.map { index in
        var random = RandomStream(seed: seed).fork("class distances", index)
        return ratio == 0 ? Array(0..<Int32(grid.count)) : try strategy.mask(MaskContext(grid: grid), random: &random).visible
      }
      let vectors = zip(bench.encode(labelled.map { bench.clips[$0] }, visible: visible), visible).map {
        Self.unitMean($0, rows: $1.count)
      }
      var (within, between) = (Spread(), Spread())
      for a in vectors.indices {
        for b in vectors.indices.dropFirst(a + 1) {
          let distance = zip(vectors[a], vectors[b]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
          if bench.labels[labelled[a]] == bench.labels[labelled[b]] { within.add(distance) } else { between.add(distance) }
        }
      }
      intra.append(within)
      inter.append(between)
    }
    func series(_ name: String, _ values: [Double?], _ deviations: [Double?]? = nil) -> MetricSeries {
      MetricSeries(name, stack: .encoder, axis: .maskRatio, at: used, values: values, deviations: deviations)
    }
    self.series = [
      series(Self.intra, intra.map(\.mean), intra.map(\.deviation)),
      series(Self.inter, inter.map(\.mean), inter.map(\.deviation)),
      series(Self.ratio, zip(intra, inter).map { a, b in a.mean.flatMap { intra in b.mean.map { $0 / intra } } }),
    ]
  }

  /// Hides in tubes or whole time slots where the model was trained so, else at random; nil where the grid is too small.
  private func strategy(_ ratio: Double, _ grid: TokenGrid) -> (any MaskingStrategy)? {
    var configuration = masking
    configuration.ratio = max(ratio, 0.001)
    configuration.kind = [.tube, .frame].contains(masking.kind) ? masking.kind : .random
    if ratio == 0 { return RandomMasking(configuration.inTokens(ofPatch: patch)) }
    return try? configuration.strategy(for: grid, patch: patch)
  }

  private static func unitMean(_ values: [Float], rows: Int) -> [Double] {
    let width = values.count / rows
    var sum = [Double](repeating: 0, count: width)
    for (index, value) in values.enumerated() { sum[index % width] += Double(value) }
    let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return sum.map { length > 0 ? $0 / length : 0 }
  }
}

/// Mean and standard deviation of numbers as they come.
private struct Spread {
  private var count = 0.0
  private var sum = 0.0
  private var squares = 0.0

  mutating func add(_ value: Double) {
    count += 1
    sum += value
    squares += value * value
  }

  var mean: Double? { count > 0 ? sum / count : nil }
  var deviation: Double? { mean.map { max(0, squares / count - $0 * $0).squareRoot() } }
}
