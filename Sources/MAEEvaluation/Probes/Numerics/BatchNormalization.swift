import Foundation

/// Batch norm without scale and shift, as before MAE's linear probe (facebookresearch/mae, `main_linprobe.py`):
/// `(x − μ) / √(σ² + 1e-6)`, with statistics of the batch while training and running ones afterwards.
package struct BatchNormalization: Sendable {
  /// Share of a batch in the running statistics.
  private static let momentum = 0.1
  private static let epsilon = 1e-6
  /// Of the columns; takes a tenth of each batch's mean.
  package private(set) var runningMeans: [Double]
  /// Likewise, of unbiased variances.
  package private(set) var runningVariances: [Double]

  package init(width: Int) {
    runningMeans = [Double](repeating: 0, count: width)
    runningVariances = [Double](repeating: 1, count: width)
  }

  /// Normalises some samples as a batch, by their own statistics, and remembers these.
  package mutating func normalize(_ features: LabelledFeatures, rows: [Int]) -> [Float] {
    let (width, count) = (features.width, Double(rows.count))
    // Sums of differences from the running means, which are near: nothing cancels.
    var (sums, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for row in rows {
      for column in 0..<width {
        let difference = Double(features.values[row * width + column]) - runningMeans[column]
        sums[column] += difference
        squares[column] += difference * difference
      }
    }
    var (means, scales) = ([Float](repeating: 0, count: width), [Float](repeating: 0, count: width))
    for column in 0..<width {
      let shift = sums[column] / count
      let variance = max(0, squares[column] / count - shift * shift)
      means[column] = Float(runningMeans[column] + shift)
      scales[column] = Float(1 / (variance + Self.epsilon).squareRoot())
      runningMeans[column] += Self.momentum * shift
      runningVariances[column] += Self.momentum * (variance * count / max(1, count - 1) - runningVariances[column])
    }
    var result = [Float](repeating: 0, count: rows.count * width)
    for (place, row) in rows.enumerated() {
      for column in 0..<width {
        result[place * width + column] = (features.values[row * width + column] - means[column]) * scales[column]
      }
    }
    return result
  }

  /// Normalises by the running statistics.
  package func normalized(_ features: LabelledFeatures) -> [Float] {
    features.scaled(means: runningMeans, scales: runningVariances.map { 1 / ($0 + Self.epsilon).squareRoot() })
  }
}
