/// A named, learned (or fixed) table of numbers of a model; the numbers live in a ``ParameterStore``.
public struct Parameter: Hashable, Sendable {
  /// What a parameter is for: decides weight decay and layer-wise rates.
  public enum Role: String, Hashable, Codable, Sendable, CaseIterable {
    case weight
    case bias
    /// Scale or shift of a layer norm.
    case norm
    /// Class and mask tokens.
    case token
    /// Position tables.
    case position
    case layerScale
    case relativeBias
  }

  /// The path of its scope and its own name, with dots.
  public let name: String
  /// Outermost axis first; of a weight `[outputs, inputs]`.
  public let shape: [Int]
  /// Decides weight decay and rates.
  public let role: Role
  /// Fixed tables are stored with the weights but get no gradient.
  public let isTrainable: Bool
  /// Whether weight files hold it; tables that are computed from the configuration alone are not stored.
  public let isStored: Bool
  /// Values that stay at zero: their gradient is always zero (VideoMAE's key bias).
  public let frozen: Range<Int>?
  /// How far into a network it stands, from 0, for rates that differ by layer; nil where that means nothing.
  public let depth: Int?
  /// Of a weight between hidden layers, how many maps its rows are, one below the other: 1, or 3 of query, key and value in one;
  /// nil for embeddings, heads, tokens, tables and vectors. Optimizers of matrices treat each map by itself.
  public let hiddenMaps: Int?
  /// Position in the store.
  let index: Int

  /// Numbers.
  public var count: Int { shape.reduce(1, *) }
  /// Rows of the first axis seen as a matrix.
  public var rows: Int { shape.count > 1 ? shape[0] : 1 }
  /// Numbers of a row.
  public var width: Int { rows == 0 ? 0 : count / rows }

  /// By place and name.
  public static func == (left: Self, right: Self) -> Bool { left.index == right.index && left.name == right.name }
  /// By name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Consecutive output rows of a weight or values of a bias: one of query, key and value, say.
public struct ParameterSlice: Sendable {
  /// Of which it is a part.
  public let parameter: Parameter
  /// Along the first axis.
  public let range: Range<Int>

  /// All of the parameter unless a range is given.
  public init(_ parameter: Parameter, _ range: Range<Int>? = nil) {
    self.parameter = parameter
    self.range = range ?? 0..<(parameter.shape.first ?? 0)
  }

  var isWhole: Bool { range == 0..<(parameter.shape.first ?? 0) }
}
