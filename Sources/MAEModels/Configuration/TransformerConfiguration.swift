/// Sizes of a stack of transformer blocks.
public struct BlockConfiguration: Codable, Hashable, Sendable {
  /// Channels of a token.
  public var width: Int
  /// Number of blocks.
  public var depth: Int
  /// Heads of attention.
  public var heads: Int
  /// Hidden width of the feed-forward part; 4 × width unless given.
  public var feedForwardWidth: Int
  /// Which of query, key and value have a bias.
  public var attentionBias: AttentionBias
  /// Added to the variance in layer norms.
  public var normEpsilon: Float
  /// Initial value of a learned factor per channel on each branch (LayerScale); nil = none.
  public var layerScale: Float?

  /// A value for every setting; those with a default may be left out.
  public init(
    width: Int, depth: Int, heads: Int, feedForwardWidth: Int? = nil, attentionBias: AttentionBias = .all,
    normEpsilon: Float = 1e-6, layerScale: Float? = nil
  ) {
    self.width = width
    self.depth = depth
    self.heads = heads
    self.feedForwardWidth = feedForwardWidth ?? 4 * width
    self.attentionBias = attentionBias
    self.normEpsilon = normEpsilon
    self.layerScale = layerScale
  }

  /// - Parameter sizes: such as ``ModelSize/encoder``.
  init(_ sizes: (width: Int, depth: Int, heads: Int), attentionBias: AttentionBias = .all) {
    self.init(width: sizes.width, depth: sizes.depth, heads: sizes.heads, attentionBias: attentionBias)
  }

  /// Width of one head.
  public var headWidth: Int { width / heads }

  func problems(of stack: String, fixedPlane: Bool) -> [String] {
    var problems: [String] = []
    for (name, value) in [("width", width), ("depth", depth), ("heads", heads), ("feed-forward width", feedForwardWidth)]
    where value < 1 { problems.append("\(stack): \(name) is \(value); expected at least 1") }
    guard problems.isEmpty else { return problems }
    if width % heads != 0 { problems.append("\(stack): \(heads) heads do not divide the width \(width)") }
    if fixedPlane && width % 4 != 0 { problems.append("\(stack): width \(width) is not a multiple of 4") }
    return problems
  }
}

/// Which of query, key and value have a bias.
public enum AttentionBias: String, Codable, Hashable, Sendable, CaseIterable {
  case all
  /// The key bias is fixed at zero (VideoMAE, SimMIM).
  case queryAndValue
  case none
}

/// How tokens learn where they are.
public enum PositionKind: String, Codable, Hashable, Sendable, CaseIterable {
  /// Fixed sine and cosine of column and row, stored with the weights (MAE).
  case plane
  /// Fixed interleaved sine and cosine of the token number, not stored (VideoMAE).
  case sequence
  /// The same sine and cosine where training starts, and then learned (MAE's fine-tuning).
  case learnedPlane
  /// One learned table over all tokens.
  case learned
  /// Learned tables over space and time, added (MAE-ST).
  case separable
  /// The fixed sine and cosine of one view, and a learned embedding of each view and of each frame (Seo et al. 2023).
  case views
  /// A fixed interleaved sine and cosine of row and column, and a learned embedding of each sense (Sferrazza et al. 2023).
  case senses
  case none
}

/// What makes tokens of pixels.
public enum Stem: String, Codable, Hashable, Sendable, CaseIterable {
  /// A linear map of each patch.
  case patches
  /// Convolutions that halve a picture until a patch is a pixel; what is hidden are their features, which have seen their
  /// neighbours (Seo et al. 2022).
  case conv
}

/// What the encoder is made of.
public struct EncoderConfiguration: Codable, Hashable, Sendable {
  /// Sizes of the blocks.
  public var blocks: BlockConfiguration
  /// How tokens learn where they are.
  public var positions: PositionKind
  /// Whether a learned token, or several, stand before those of the patches.
  public var classToken: Bool
  /// How many there are, where it is not one (Pixio).
  public var classTokenCount: Int?
  /// Whether a layer norm follows the last block.
  public var finalNorm: Bool
  /// Learned bias on attention scores by relative position, shared by all blocks (SimMIM's published ViT).
  public var relativePositionBias: Bool
  /// What makes tokens of pixels; nil = a linear map of each patch.
  public var stem: Stem?
  /// Share of the samples that leave out a branch of the last block while training, rising evenly from 0 in the first block
  /// (stochastic depth); nil = none.
  public var dropPath: Float?

  /// A value for every setting; those with a default may be left out.
  public init(
    blocks: BlockConfiguration, positions: PositionKind, classToken: Bool, finalNorm: Bool = true,
    relativePositionBias: Bool = false
  ) {
    self.blocks = blocks
    self.positions = positions
    self.classToken = classToken
    self.finalNorm = finalNorm
    self.relativePositionBias = relativePositionBias
  }

  /// Rows of a sample that stand before those of the patches.
  public var classRows: Int { classToken ? classTokenCount ?? 1 : 0 }
}

/// What the decoder is made of.
public struct DecoderConfiguration: Codable, Hashable, Sendable {
  /// Sizes of the blocks.
  public var blocks: BlockConfiguration
  /// How tokens learn where they are.
  public var positions: PositionKind
  /// Which class token stands before the others.
  public var classToken: DecoderClassToken
  /// Whether the map from encoder to decoder width has a bias (VideoMAE: no).
  public var embedBias: Bool
  /// Of the norm after the last block; transformers' VideoMAE has 1e-5 here whatever the configuration says.
  public var finalNormEpsilon: Float
  /// Present when the decoder attends another frame (SiamMAE).
  public var cross: CrossDecoding?

  /// A value for every setting; those with a default may be left out.
  public init(
    blocks: BlockConfiguration, positions: PositionKind, classToken: DecoderClassToken, embedBias: Bool = true,
    finalNormEpsilon: Float = 1e-6, cross: CrossDecoding? = nil
  ) {
    self.blocks = blocks
    self.positions = positions
    self.classToken = classToken
    self.embedBias = embedBias
    self.finalNormEpsilon = finalNormEpsilon
    self.cross = cross
  }
}

/// Which class token a decoder has.
public enum DecoderClassToken: String, Codable, Hashable, Sendable, CaseIterable {
  case none
  /// The encoder's class token, or all of several, go on through the decoder (MAE).
  case fromEncoder
  /// The encoder's is dropped and a learned one takes its place (MAE-ST).
  case own
}

/// Blocks that attend another frame (Gupta et al. 2023, section 3; order and norm of the public implementation by default).
public struct CrossDecoding: Codable, Hashable, Sendable {
  /// The order of the three branches of a block.
  public enum Order: String, Codable, Hashable, Sendable, CaseIterable {
    case crossMLPSelf = "cross-mlp-self"
    case crossSelfMLP = "cross-self-mlp"
  }

  /// The order of the branches.
  public var order: Order
  /// Whether the norm stands before each branch instead of after the sum.
  public var normFirst: Bool
  /// Share of attention's probabilities, hidden values and branch outputs that training sets to zero.
  public var dropout: Float
  /// Whether the first frame's tokens get decoder positions as well.
  public var memoryPositions: Bool

  /// The public implementation unless said otherwise.
  public init(order: Order = .crossMLPSelf, normFirst: Bool = false, dropout: Float = 0, memoryPositions: Bool = false) {
    self.order = order
    self.normFirst = normFirst
    self.dropout = dropout
    self.memoryPositions = memoryPositions
  }
}
