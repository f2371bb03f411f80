import MAEEngine

/// Rows that stand for a sample's tokens at one block, without class token: what attention brings to each, or the block's output.
public struct TokenFeatures: Hashable, Sendable {
  /// Number of tokens.
  public var count: Int
  /// `[count, width]`
  public var values: [Float]

  /// - Precondition: as many values for each token.
  public init(count: Int, values: [Float]) {
    precondition(count > 0 && values.count % count == 0, "TokenFeatures: \(values.count) values for \(count) tokens")
    self.count = count
    self.values = values
  }

  /// Length of a row.
  public var width: Int { values.count / count }

  /// Some of the tokens.
  public func tokens(_ range: Range<Int>) -> TokenFeatures {
    TokenFeatures(count: range.count, values: Array(values[range.lowerBound * width..<range.upperBound * width]))
  }
}

/// How alike the tokens of a sample are: cosine similarities, in double precision.
public struct TokenRelations: Hashable, Sendable {
  /// Number of tokens.
  public let count: Int
  /// Rows of length 1, `[count, width]`; those of length 0 stay so.
  public let unitRows: [Double]
  /// `[count, count]`
  public let similarity: SymmetricMatrix
  /// Of the rows as they are.
  private let lengths: [Double]

  /// M, `M_ij = x_i · x_j ÷ (|x_i| |x_j|)`.
  public init(_ features: TokenFeatures) {
    count = features.count
    unitRows = UnitRows.of(features.values, count: count)
    similarity = SymmetricMatrix(productsOf: unitRows, count: count)
    let width = features.width
    lengths = (0..<features.count).map { token in
      features.values[token * width..<(token + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }

  /// Length of a row.
  public var width: Int { unitRows.count / count }

  /// The sum of the unit rows, each with a weight.
  private func sum(_ weight: (Int) -> Double) -> [Double] {
    var sum = [Double](repeating: 0, count: width)
    for token in 0..<count {
      let weight = weight(token)
      for index in 0..<width { sum[index] += weight * unitRows[token * width + index] }
    }
    return sum
  }

  /// σ_F: the variance of the unit rows over tokens, added up over dimensions: `1 − ‖mean of the unit rows‖²`, 0…1.
  public var featureVariance: Double {
    let sum = sum { _ in 1 }
    let lengths = unitRows.reduce(0) { $0 + $1 * $1 } / Double(count)
    return lengths - sum.reduce(0) { $0 + $1 * $1 } / Double(count * count)
  }

  /// σ_s: the variance of the similarities of all pairs of different tokens (population form).
  public var similarityVariance: Double {
    guard count > 1 else { return 0 }
    let pairs = Double(count * (count - 1) / 2)
    var (mean, variance) = (0.0, 0.0)
    forEachPair { mean += similarity[$0, $1] / pairs }
    forEachPair { variance += (similarity[$0, $1] - mean) * (similarity[$0, $1] - mean) / pairs }
    return variance
  }

  /// μ_intra and μ_inter: mean weight of pairs of tokens on one side of a partition, and across; nil where there is no pair.
  ///
  /// - Parameter weights: of the pairs; the similarities unless given.
  public func meanWeights(
    of partition: [Bool], weights: SymmetricMatrix? = nil
  ) -> (intra: Double?, inter: Double?) {
    let weights = weights ?? similarity
    var (intra, inter, pairs, crossing) = (0.0, 0.0, 0, 0)
    forEachPair { a, b in
      if partition[a] == partition[b] {
        intra += weights[a, b]
        pairs += 1
      } else {
        inter += weights[a, b]
        crossing += 1
      }
    }
    return (pairs > 0 ? intra / Double(pairs) : nil, crossing > 0 ? inter / Double(crossing) : nil)
  }

  /// S: the cosine of every token with the mean of a cluster's rows as they are, not brought to unit length; zeros for a cluster
  /// whose mean is zero.
  public func scores(for cluster: [Bool]) -> [Double] {
    let mean = sum { cluster[$0] ? lengths[$0] : 0 }
    let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return [Double](repeating: 0, count: count) }
    return (0..<count).map { token in
      (0..<width).reduce(0) { $0 + unitRows[token * width + $1] * (mean[$1] / length) }
    }
  }

  private func forEachPair(_ body: (Int, Int) -> Void) {
    for a in 0..<count { for b in a + 1..<max(count, a + 1) { body(a, b) } }
  }
}
