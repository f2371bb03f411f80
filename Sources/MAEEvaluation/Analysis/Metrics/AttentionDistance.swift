import Foundation
import MAECore

/// How far away tokens look (Dosovitskiy et al. 2020; as computed by Park et al. 2023).
struct AttentionDistance: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "attention_distance", title: "Attention distance",
    meaning: """
      The mean distance in the picture between a token and what it attends, weighted by attention. Small distances are local, as \
      convolutions are. Series: mean, over heads; head_1 and so on; for clips also time, the distance in frames.
      """,
    formula: "D_h = mean_i Σ_j A^h_{ij} d_{ij},  d_{ij} = p √((r_i − r_j)^2 + (c_i − c_j)^2)", unit: "pixels; time: frames")
  static let presentation = MetricPresentation(
    .attention,
    [
      .curve(mean, title: "Attention distance", label: "pixels"),
      .curve(time, title: "Attention distance in time", label: "frames"),
      .heads(title: "Attention distance of each head", label: "pixels"),
    ])

  private static let (mean, time) = ("mean", "time")

  private let patch, tubelet: Int
  private var means = LayerMeans()

  init(_ context: AnalysisContext) {
    (patch, tubelet) = (context.model.input.patch, context.model.input.tubelet)
  }

  mutating func add(_ view: LayerView) {
    guard let attention = view.attention else { return }
    let (heads, grid) = (attention.heads, view.grid)
    let distances = OffsetDistances(grid)
    var (mean, time) = (0.0, 0.0)
    for head in 0..<heads {
      let (space, slots) = distances.means(attention.head(head), grid)
      let pixels = space * Double(patch)
      means.add(pixels, to: MetricSeries.head(head + 1), view)
      mean += pixels / Double(heads)
      time += slots * Double(tubelet) / Double(heads)
    }
    means.add(mean, to: Self.mean, view)
    if grid.time > 1 { means.add(time, to: Self.time, view) }
  }

  /// The mean first.
  var series: [MetricSeries] { means.series.sorted { !$0.isOfHead && $1.isOfHead } }
}

/// Distances between places of a grid by their offset, in tokens.
private struct OffsetDistances {
  /// By rows, then columns apart.
  private let table: [Double]
  private let width: Int

  init(_ grid: TokenGrid) {
    width = grid.width
    table = (0..<grid.height).flatMap { rows in (0..<grid.width).map { hypot(Double(rows), Double($0)) } }
  }

  /// Mean distance in the plane and in time over queries, weighted by attention, in tokens.
  func means(_ attention: [Float], _ grid: TokenGrid) -> (space: Double, time: Double) {
    let count = grid.count
    let (times, rows, columns) = (
      (0..<count).map { $0 / grid.plane }, (0..<count).map { $0 / grid.width % grid.height }, (0..<count).map { $0 % grid.width }
    )
    var (space, time) = (0.0, 0.0)
    for query in 0..<count {
      let (t, r, c, start) = (times[query], rows[query], columns[query], query * count)
      for key in 0..<count {
        let weight = Double(attention[start + key])
        space += weight * table[abs(r - rows[key]) * width + abs(c - columns[key])]
        time += weight * Double(abs(t - times[key]))
      }
    }
    return (space / Double(count), time / Double(count))
  }
}
