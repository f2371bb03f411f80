import Foundation
import MAEEngine

/// How each token of a sample relates to all, as distributions: to tell how far two checkpoints are apart (Shin et al. 2024).
public struct RowDistributions: Hashable, Sendable {
  /// Number of tokens.
  public let count: Int
  /// `[count, count]`, every row adds up to 1.
  private let values: [Double]

  /// The softmax of every row of similarities, at temperature 1.
  public init(softmaxOf similarity: SymmetricMatrix) {
    count = similarity.count
    values = (0..<similarity.count).flatMap { row in
      let row = similarity.values[row * similarity.count..<(row + 1) * similarity.count]
      let largest = row.max() ?? 0
      let powers = row.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }

  /// - Parameter attention: `[count, count]`, a row per query.
  public init(attention: [Float], count: Int) {
    precondition(attention.count == count * count, "RowDistributions: \(attention.count) weights for \(count) tokens")
    self.count = count
    values = attention.map(Double.init)
  }

  /// The mean over rows of `Σ p ln(p ÷ q)`, in nats; q is the row of `final`.
  ///
  /// Shares that single precision rounded to 0 are kept above it.
  public func divergence(from final: RowDistributions) -> Double {
    precondition(final.count == count, "RowDistributions: \(count) and \(final.count) tokens")
    return zip(values, final.values).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / max($1.1, 1e-32)) : 0) } / Double(count)
  }
}
