import MAEEngine

/// A sample's token embeddings at one block, without class token.
public struct TokenFeatures: Hashable, Sendable {
  /// Number of tokens.
  public var count: Int
  /// `[count, width]`
  public var values: [Float]
  /// How much the class token attends each token, averaged over heads; nil unless asked for.
  public var classAttention: [Double]?

  /// - Precondition: as many values for each token.
  public init(count: Int, values: [Float], classAttention: [Double]? = nil) {
    precondition(count > 0 && values.count % count == 0, "TokenFeatures: \(values.count) values for \(count) tokens")
    self.count = count
    self.values = values
    self.classAttention = classAttention
  }

  /// Length of an embedding.
  public var width: Int { values.count / count }

  /// Some of the tokens.
  public func tokens(_ range: Range<Int>) -> TokenFeatures {
    TokenFeatures(
      count: range.count, values: Array(values[range.lowerBound * width..<range.upperBound * width]),
      classAttention: classAttention.map { Array($0[range]) })
  }
}

/// How alike the tokens of a sample are: cosine similarities, in double precision.
public struct TokenRelations: Hashable, Sendable {
  /// Number of tokens.
  public let count: Int
  /// Embeddings of length 1, `[count, width]`; those of length 0 stay so.
  public let unitRows: [Double]
  /// `[count, count]`
  public let similarity: SymmetricMatrix

  /// - Parameter isCentred: whether the mean embedding is taken away first, so that what all tokens share does not make them
  ///   alike.
  public init(_ features: TokenFeatures, isCentred: Bool = false) {
    count = features.count
    unitRows = UnitRows.of(isCentred ? Self.centred(features) : features.values, count: count)
    similarity = SymmetricMatrix(productsOf: unitRows, count: count)
  }

  /// Length of an embedding.
  public var width: Int { unitRows.count / count }

  private static func centred(_ features: TokenFeatures) -> [Float] {
    var mean = [Double](repeating: 0, count: features.width)
    for (index, value) in features.values.enumerated() { mean[index % features.width] += Double(value) / Double(features.count) }
    return features.values.enumerated().map { index, value in Float(Double(value) - mean[index % features.width]) }
  }

  /// The sum of the unit rows of some tokens.
  private func sum(where isIncluded: (Int) -> Bool) -> [Double] {
    var sum = [Double](repeating: 0, count: width)
    for token in 0..<count where isIncluded(token) {
      for index in 0..<width { sum[index] += unitRows[token * width + index] }
    }
    return sum
  }

  /// σ_F: the variance of the unit rows over tokens, added up over dimensions: `1 − ‖mean of the unit rows‖²`, 0…1.
  public var featureVariance: Double {
    let sum = sum { _ in true }
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

  /// S: the cosine of every token with the mean of a cluster's unit rows; zeros for a cluster whose mean is zero.
  public func scores(for cluster: [Bool]) -> [Double] {
    let mean = sum { cluster[$0] }
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
