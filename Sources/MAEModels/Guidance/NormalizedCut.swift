import MAECore
import MAEEngine

/// A similarity graph cut in two so that little weight crosses the cut (Shi and Malik 2000; used on patches by Wang et al. 2022,
/// TokenCut).
///
/// The relaxed problem is `(D − W) y = λ D y` with the degrees D of the weights W; y is the eigenvector of the second smallest
/// eigenvalue λ, and a token is on one side when its value is not below the mean of y. Which side is called true depends on the
/// sign of y, which is free.
///
/// Similarities may be negative, and then λ of the cut too: y is that of the smallest λ among the vectors that are orthogonal to
/// the constant one in the product of D.
public struct NormalizedCut: Hashable, Sendable {
  /// y, of unit length, sign free.
  public let fiedler: [Double]
  /// λ: near 0 for parts that hardly touch, 1 where there is no structure at all.
  public let eigenvalue: Double
  /// Whether y is at least its mean.
  public let partition: [Bool]
  /// Whether similarities could not be edges as they are, since degrees were not positive, and those below zero were left out.
  public let isClipped: Bool

  /// Cuts a graph of tokens with the given similarities.
  ///
  /// - Returns: nil when there are fewer than two tokens or values that are not finite.
  public init?(_ similarity: SymmetricMatrix, edges: EdgeWeights = EdgeWeights()) {
    let count = similarity.count
    var (weights, isClipped) = (edges.weights(similarity), false)
    var degrees = weights.rowSums
    if edges.kind == .similarity, !degrees.allSatisfy({ $0 > 0 }) {
      (weights, isClipped) = (EdgeWeights(.positive).weights(similarity), true)
      degrees = weights.rowSums
    }
    guard count > 1, degrees.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
    // With N = D^-½ · W · D^-½ and z = D^½ · y the problem is N · z = (1 − λ) z; the first eigenvector is D^½ · 1.
    let roots = degrees.map { $0.squareRoot() }
    let length = degrees.reduce(0, +).squareRoot()
    guard
      let pair = weights.scaled(by: roots.map { 1 / $0 }).largestEigenpair(orthogonalTo: roots.map { $0 / length })
    else { return nil }
    let y = zip(pair.vector, roots).map { $0 / $1 }
    let norm = y.reduce(0) { $0 + $1 * $1 }.squareRoot()
    self.init(fiedler: y.map { $0 / norm }, eigenvalue: 1 - pair.value, isClipped: isClipped)
  }

  /// A cut whose eigenvector is known.
  public init(fiedler: [Double], eigenvalue: Double, isClipped: Bool = false) {
    self.isClipped = isClipped
    self.fiedler = fiedler
    self.eigenvalue = eigenvalue
    let mean = fiedler.reduce(0, +) / Double(max(1, fiedler.count))
    partition = fiedler.map { $0 >= mean }
  }

  /// Whether the cut says nothing: a side of fewer than two tokens, or a graph whose tokens are all equally alike.
  public var isDegenerate: Bool {
    let above = partition.count { $0 }
    return min(above, partition.count - above) < 2 || eigenvalue > 1 - 1e-9
  }

  /// The side that is taken for the object; the same for y and −y.
  public func objectCluster(_ choice: ClusterChoice = .largestEntry, grid: TokenGrid) -> [Bool] {
    var extreme = 0
    for token in fiedler.indices where abs(fiedler[token]) > abs(fiedler[extreme]) { extreme = token }
    let first = partition.map { $0 == partition[extreme] }
    let second = first.map { !$0 }
    /// The side for which the measure is larger; with equal ones that of the largest entry.
    func larger(_ measure: ([Bool]) -> Double) -> [Bool] { measure(second) > measure(first) ? second : first }
    switch choice {
    case .largestEntry: return first
    case .smaller: return larger { side in -Double(side.count { $0 }) }
    case .inner: return larger { -Self.borderTokens($0, grid) }
    }
  }

  /// Corner tokens of a side, and as a fraction its share of the other border tokens.
  private static func borderTokens(_ side: [Bool], _ grid: TokenGrid) -> Double {
    var (corners, border) = (0, 0)
    for token in side.indices where side[token] {
      let (row, column) = (token / grid.width % grid.height, token % grid.width)
      let isEdgeRow = row == 0 || row == grid.height - 1
      let isEdgeColumn = column == 0 || column == grid.width - 1
      if isEdgeRow && isEdgeColumn { corners += 1 } else if isEdgeRow || isEdgeColumn { border += 1 }
    }
    return Double(corners) + Double(border) / Double(side.count)
  }
}

/// How similarities become edge weights.
public struct EdgeWeights: Hashable, Sendable {
  /// How a similarity becomes the weight of an edge.
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    /// The similarity as it is, negative ones too (Shin et al. 2024).
    case similarity
    /// The similarity where it is positive, else nothing, plus the floor.
    case positive
    /// 1 where the similarity is above the threshold, else the floor (TokenCut).
    case binary
  }

  /// How a similarity becomes the weight of an edge.
  public var kind: Kind
  /// For binary edges: the similarity above which two tokens belong together.
  public var threshold: Double
  /// The weight of pairs that do not belong together, so that the graph hangs together.
  private static let floor = 1e-5

  /// Similarities as they are unless said otherwise; the threshold is TokenCut's.
  public init(_ kind: Kind = .similarity, threshold: Double = 0.2) {
    self.kind = kind
    self.threshold = threshold
  }

  /// The weights of all pairs.
  public func weights(_ similarity: SymmetricMatrix) -> SymmetricMatrix {
    switch kind {
    case .similarity: similarity
    case .positive: similarity.map { max($0, 0) + Self.floor }
    case .binary: similarity.map { $0.isNaN ? $0 : $0 > threshold ? 1 : Self.floor }
    }
  }
}

/// Which side of a cut is the object.
public enum ClusterChoice: String, Hashable, Codable, Sendable, CaseIterable {
  /// The side with the largest |y| (TokenCut, Shin et al. 2024).
  case largestEntry = "largest-entry"
  /// The side with fewer tokens.
  case smaller
  /// The side with fewer corners of the picture, then with less of its border.
  case inner
}
