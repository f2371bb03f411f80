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

  /// Normalises a batch by its own statistics, and remembers them.
  package mutating func normalize(_ batch: LabelledFeatures) -> [Float] {
    let means = batch.means
    let variances = batch.variances(around: means)
    let unbiased = Double(batch.count) / Double(max(1, batch.count - 1))
    for column in means.indices {
      runningMeans[column] += Self.momentum * (means[column] - runningMeans[column])
      runningVariances[column] += Self.momentum * (unbiased * variances[column] - runningVariances[column])
    }
    return batch.scaled(means: means, scales: Self.scales(variances))
  }

  /// Normalises by the running statistics.
  package func normalized(_ features: LabelledFeatures) -> [Float] {
    features.scaled(means: runningMeans, scales: Self.scales(runningVariances))
  }

  private static func scales(_ variances: [Double]) -> [Double] { variances.map { 1 / ($0 + epsilon).squareRoot() } }
}
