import Foundation
import MAECore
import MAEEngine

/// Hands the labels of a first frame on through the frames that follow, by the similarity of their cells' features: nothing is
/// trained (Jabri et al. 2020; the procedure of CropMAE's or DINO's public code).
///
/// For a cell, the most similar cells of the first frame and of some frames before say what it is: the mean of their labels,
/// weighed by `exp(cosine / T)`. Cells that are too far away are not computed at all.
public struct LabelPropagator {
  private struct Frame {
    /// `[cells, width]`, rows of length 1.
    var features: Tensor
    var labels: LabelMap
  }

  private let rules: PropagationProtocol
  private let kernels: Kernels
  private let grid: FrameSize
  private let first: Frame
  private var recent: [Frame] = []
  /// Of each distance in rows, how many columns to either side belong to the neighbourhood; it has no rows beyond.
  private let columns: [Int]

  /// - Parameters:
  ///   - features: of the first frame, `[cells, width]` row by row.
  ///   - labels: of its cells.
  public init(_ features: [Float], _ labels: LabelMap, _ rules: PropagationProtocol, on kernels: Kernels) {
    (self.rules, self.kernels, grid) = (rules, kernels, labels.size)
    first = Frame(features: Self.unitRows(features, cells: labels.size.pixelCount, on: kernels), labels: labels)
    columns =
      switch rules.procedure {
      case .dino: Array(repeating: rules.radius, count: rules.radius + 1)
      case .siamMAE:
        (0..<rules.radius).map { row in
          (0..<rules.radius).last { $0 * $0 + row * row < rules.radius * rules.radius }!
        }
      }
  }

  /// Labels the next frame; they stay soft, and are what later frames look back at.
  public mutating func labels(of features: [Float]) -> LabelMap {
    let queries = Self.unitRows(features, cells: grid.pixelCount, on: kernels)
    var values: [Float] = []
    values.reserveCapacity(first.labels.values.count)
    let band = max(1, 256 / grid.width)
    for top in stride(from: 0, to: grid.height, by: band) {
      values += labels(ofRows: top..<min(grid.height, top + band), queries)
    }
    let map = LabelMap(size: grid, channels: first.labels.channels, values: values)
    recent.append(Frame(features: queries, labels: map))
    if recent.count > rules.queue { recent.removeFirst() }
    return map
  }

  /// What the work of all threads needs.
  private struct Geometry: Sendable {
    var grid: FrameSize
    var columns: [Int]
    var channels: Int
  }

  /// What cells of a frame are compared with: similarities to some rows of its cells.
  private struct Compared: Sendable {
    var rows: Range<Int>
    /// `[queries, cells of the rows]`
    var similarities: [Float]
    var labels: [Float]
    /// Whether cells beyond the neighbourhood count too.
    var isWhole: Bool
    /// How often each cell in the neighbourhood counts.
    var copies: Int
  }

  private func labels(ofRows rows: Range<Int>, _ queries: Tensor) -> [Float] {
    let part = queries.rows(rows.lowerBound * grid.width..<rows.upperBound * grid.width)
    let reach = columns.count - 1
    let near = max(0, rows.lowerBound - reach)..<min(grid.height, rows.upperBound + max(0, reach))
    func compared(_ frame: Frame, isWhole: Bool, copies: Int) -> Compared {
      let rows = isWhole ? 0..<grid.height : near
      let cells = frame.features.rows(rows.lowerBound * grid.width..<rows.upperBound * grid.width)
      return Compared(
        rows: rows, similarities: kernels.product(part, cells, bIsTransposed: true).floats(), labels: frame.labels.values,
        isWhole: isWhole, copies: copies)
    }
    let isDINO = rules.procedure == .dino
    // Copies of the first frame fill the queue until there are frames enough.
    var context = [
      compared(first, isWhole: !isDINO, copies: isDINO ? 1 : 1 + max(0, rules.queue - recent.count))
    ]
    context += recent.map { compared($0, isWhole: false, copies: 1) }
    let geometry = Geometry(grid: grid, columns: columns, channels: first.labels.channels)
    let (all, chosen) = (context, rules)
    let lines = kernels.workers.map(rows.count) { line in
      Self.line(line, rows.lowerBound + line, of: all, chosen, geometry)
    }
    return lines.flatMap(\.self)
  }

  /// The labels of one row of cells, the `line`-th of those that were compared.
  private static func line(
    _ line: Int, _ row: Int, of context: [Compared], _ rules: PropagationProtocol, _ geometry: Geometry
  ) -> [Float] {
    let (grid, columns, channels) = (geometry.grid, geometry.columns, geometry.channels)
    var result = [Float](repeating: 0, count: grid.width * channels)
    var nearest = NearestCells(rules.neighbours, keepsTies: rules.procedure == .dino)
    for column in 0..<grid.width {
      nearest.removeAll()
      for (number, frame) in context.enumerated() {
        let cells = frame.rows.count * grid.width
        let start = (line * grid.width + column) * cells
        let similarities = frame.similarities.span
        let offset = number * grid.pixelCount
        for other in frame.rows {
          let distance = abs(other - row)
          let width = distance < columns.count ? columns[distance] : -1
          let inside = max(0, column - width)..<max(0, column - width, min(grid.width, column + width + 1))
          let base = start + (other - frame.rows.lowerBound) * grid.width
          for place in frame.isWhole ? 0..<grid.width : inside where nearest.takes(similarities[base + place]) {
            nearest.insert(
              similarities[base + place], source: offset + other * grid.width + place,
              copies: inside.contains(place) ? frame.copies : 1)
          }
        }
      }
      guard let largest = nearest.entries.first?.similarity else { continue }
      var (sum, sums) = (0.0, [Double](repeating: 0, count: channels))
      nearest.forEachCounted { entry, count in
        let weight = Double(count) * exp(Double(entry.similarity - largest) / rules.temperature)
        let (number, cell) = entry.source.quotientAndRemainder(dividingBy: grid.pixelCount)
        sum += weight
        for channel in 0..<channels { sums[channel] += weight * Double(context[number].labels[cell * channels + channel]) }
      }
      for channel in 0..<channels { result[column * channels + channel] = Float(sums[channel] / sum) }
    }
    return result
  }

  private static func unitRows(_ features: [Float], cells: Int, on kernels: Kernels) -> Tensor {
    var values = features
    let width = features.count / cells
    for cell in 0..<cells {
      let place = cell * width..<(cell + 1) * width
      let length = place.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }.squareRoot()
      let scale = Float(1 / max(1e-12, length))
      for index in place { values[index] *= scale }
    }
    return kernels.tensor(values, [cells, width])
  }
}
