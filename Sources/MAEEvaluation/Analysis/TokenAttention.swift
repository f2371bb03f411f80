import MAEEngine

/// The attention of a block among the tokens of one sample, in the order of the grid; class tokens and the token of a
/// vector are left out, and each row is made to add up to 1 again.
public final class TokenAttention {
  /// Attention heads of the block.
  public let heads: Int
  /// Tokens of the grid.
  public let tokens: Int
  /// How much the class token attends each token, mean over heads and over several class tokens, adding up to 1; nil without one.
  public let classRow: [Double]?
  /// `[heads, rows, rows]`
  private let weights: [Float]
  private let rows: Int
  /// The row of each token.
  private let places: [Int]

  /// - Parameters:
  ///   - weights: of one sample, `[heads · rows, rows]`.
  ///   - places: the row of each token of the grid; class tokens are the first rows and not among them, nor is a
  ///     vector's, which is the last.
  init(weights: [Float], heads: Int, places: [Int], classRows: Int) {
    self.weights = weights
    self.heads = heads
    self.places = places
    tokens = places.count
    let rows = Int(Double(weights.count / heads).squareRoot())
    self.rows = rows
    precondition(
      weights.count == heads * rows * rows && rows - tokens - classRows >= 0,
      "TokenAttention: \(weights.count) weights for \(tokens) tokens, \(heads) heads")
    guard classRows > 0 else {
      classRow = nil
      return
    }
    let mean = places.map { place in
      (0..<heads * classRows).reduce(0.0) { sum, index in
        sum + Double(weights[(index / classRows * rows + index % classRows) * rows + place])
      }
    }
    let sum = mean.reduce(0, +)
    classRow = mean.map { $0 / sum }
  }

  /// `[tokens, tokens]`, a row per query.
  public func head(_ head: Int) -> [Float] {
    var result = [Float](repeating: 0, count: tokens * tokens)
    for query in 0..<tokens {
      let start = (head * rows + places[query]) * rows
      var sum = 0.0
      for key in 0..<tokens { sum += Double(weights[start + places[key]]) }
      let factor = Float(1 / (sum + 1e-32))
      for key in 0..<tokens { result[query * tokens + key] = weights[start + places[key]] * factor }
    }
    return result
  }

  /// The mean over heads, `[tokens, tokens]`.
  public private(set) lazy var mean: [Float] = {
    var sum = [Float](repeating: 0, count: tokens * tokens)
    for head in 0..<heads {
      let weights = self.head(head)
      for index in sum.indices { sum[index] += weights[index] }
    }
    return sum.map { $0 / Float(heads) }
  }()
}
