import MAECore
import MAEEngine

/// A linear layer that tells the class of a patch by its features, behind a batch norm.
///
/// It learns the most frequent class of each patch. Its scores are enlarged to the pixels bilinearly (half-pixel centres, edges
/// repeated), and the largest is the class of the pixel.
package struct PatchSegmenter {
  /// Features of pictures with their labels.
  struct Samples {
    /// `[pictures, patches, width]`
    var features: [Float]
    var labels: [LabelGrid]
    let grid: TokenGrid

    /// Numbers of a patch.
    var width: Int { features.count / max(1, labels.count * grid.plane) }

    /// The pictures with these numbers, in this order.
    subscript(pictures: [Int]) -> Samples {
      let size = width * grid.plane
      return Samples(
        features: pictures.flatMap { features[$0 * size..<($0 + 1) * size] }, labels: pictures.map { labels[$0] }, grid: grid)
    }

    /// Patches that mostly have a class, with its number.
    func patches(_ numbers: [UInt8: Int]) -> LabelledFeatures {
      let truth = labels.flatMap { $0.majorities(grid).map { $0.flatMap { numbers[$0] } } }
      let rows = truth.indices.filter { truth[$0] != nil }
      let all = LabelledFeatures(features, width: width, labels: truth.map { $0 ?? 0 })
      return rows.count == truth.count ? all : all[rows]
    }
  }

  /// Patches that are shown in all: small sets are gone through up to a hundred times, large ones at least five times.
  private static let shownPatches = 2_000_000.0

  /// Learning rates for 256 patches that are tried.
  static let rates = LinearProbe.Recipe.rates

  /// Numbers of classes by label.
  let numbers: [UInt8: Int]
  private let probe: LinearProbe
  /// Of each rate.
  let heads: Int

  /// Trains a layer for each rate in one pass.
  init(_ training: Samples, _ numbers: [UInt8: Int], rates: [Double], seed: UInt64, on kernels: Kernels) {
    let patches = training.patches(numbers)
    let epochs = min(100, max(5, (Self.shownPatches / Double(max(1, patches.count))).rounded()))
    let recipes = rates.map { rate in
      var recipe = LinearProbe.Recipe.sgd(baseRate: rate)
      recipe.epochs = epochs
      return recipe
    }
    probe = LinearProbe(patches, classes: numbers.count, recipes, seed: seed, on: kernels)
    (self.numbers, heads) = (numbers, rates.count)
  }

  /// The class of every pixel of each picture as each rate's layer has it: `[rates][pictures][pixels]`.
  func classes(of samples: Samples) -> [[[Int]]] {
    let (grid, count) = (samples.grid, numbers.count)
    var found = [[[Int]]](repeating: [], count: heads)
    for picture in samples.labels.indices {
      let own = samples[[picture]]
      let features = LabelledFeatures(own.features, width: own.width, labels: [Int](repeating: 0, count: grid.plane))
      for (head, scores) in probe.scores(of: features).enumerated() {
        found[head].append(Self.largest(scores.values, classes: count, grid, in: own.labels[0].size))
      }
    }
    return found
  }

  /// How the classes of the pixels overlap with the labels, for each rate.
  func overlaps(with samples: Samples) -> [ClassOverlap] {
    classes(of: samples).map { pictures in
      var overlaps = ClassOverlap(classes: numbers.count)
      for (labels, classes) in zip(samples.labels, pictures) { overlaps.add(labels.ids.map { numbers[$0] }, classes) }
      return overlaps
    }
  }

  /// The best class of every pixel.
  ///
  /// - Parameter scores: `[patches, classes]`
  package static func largest(_ scores: [Float], classes: Int, _ grid: TokenGrid, in size: FrameSize) -> [Int] {
    let (rows, columns) = (Taps.all(size.height, from: grid.height), Taps.all(size.width, from: grid.width))
    var result: [Int] = []
    result.reserveCapacity(size.pixelCount)
    for row in rows {
      for column in columns {
        let corners = [
          (row.low * grid.width + column.low, (1 - row.share) * (1 - column.share)),
          (row.low * grid.width + column.high, (1 - row.share) * column.share),
          (row.high * grid.width + column.low, row.share * (1 - column.share)),
          (row.high * grid.width + column.high, row.share * column.share),
        ]
        var (best, most) = (0, -Float.infinity)
        for label in 0..<classes {
          var score: Float = 0
          for (patch, weight) in corners { score += weight * scores[patch * classes + label] }
          if score > most { (best, most) = (label, score) }
        }
        result.append(best)
      }
    }
    return result
  }
}

/// The two cells between which a pixel lies, and how near it is to the higher.
private struct Taps {
  let low, high: Int
  let share: Float

  /// Of every pixel along a side.
  static func all(_ pixels: Int, from cells: Int) -> [Taps] {
    (0..<pixels).map { pixel in
      let place = min(max((Float(pixel) + 0.5) * Float(cells) / Float(pixels) - 0.5, 0), Float(cells - 1))
      let low = Int(place)
      return Taps(low: low, high: min(low + 1, cells - 1), share: place - Float(low))
    }
  }
}
