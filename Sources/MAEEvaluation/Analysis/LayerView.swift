import MAECore
import MAEEngine
import MAEModels

/// One block at work on one sample: what metrics look at.
///
/// What several metrics need is computed once, when it is first asked for.
public final class LayerView {
  /// Encoder or decoder.
  public let stack: BlockStack
  /// From 1.
  public let layer: Int
  /// Number of the sample, from 0.
  public let sample: Int
  /// Whether this sample, block and checkpoint are shown as pictures.
  public let isPictured: Bool
  /// Whether the checkpoint is the last one.
  public let isFinal: Bool
  /// Of the sample's tokens.
  public let grid: TokenGrid
  /// The block's output in the order of the grid, without class token, before any final norm.
  public let features: TokenFeatures
  /// What attention brings to each token, before the output projection, likewise; nil where the block attends more than its own
  /// tokens.
  public let attended: TokenFeatures?
  /// Which tokens the encoder saw; all of them when this is an encoder block.
  public let isVisible: [Bool]
  /// Nil where the block attends more than its own tokens.
  public let attention: TokenAttention?
  /// Of a decoder block.
  public let maskTokenShare: MaskTokenShare?
  /// The relations of the same sample and block at the last checkpoint, a decoder's with nothing hidden; nil where attention is
  /// not among a sample's own tokens.
  public let final: TokenRelationsAtEnd?
  private let edges: EdgeWeights

  init(
    _ stack: BlockStack, layer: Int, sample: Int, isPictured: Bool, grid: TokenGrid, features: TokenFeatures,
    attended: TokenFeatures?, isVisible: [Bool], attention: TokenAttention?, maskTokenShare: MaskTokenShare? = nil,
    final: TokenRelationsAtEnd? = nil,
    isFinal: Bool = true, edges: EdgeWeights
  ) {
    self.stack = stack
    self.layer = layer
    self.sample = sample
    self.isPictured = isPictured
    self.isFinal = isFinal
    self.grid = grid
    self.features = features
    self.attended = attended
    self.isVisible = isVisible
    self.attention = attention
    self.maskTokenShare = maskTokenShare
    self.final = final
    self.edges = edges
  }

  /// Cosine similarities of what attention brings to the tokens; of the block's output where it attends more than its own tokens.
  public private(set) lazy var relations = TokenRelations(attended ?? features)

  /// The graph of the tokens cut in two; nil when there is nothing to cut.
  public private(set) lazy var cut: NormalizedCut? = NormalizedCut(relations.similarity, edges: edges).flatMap {
    $0.isDegenerate ? nil : $0
  }
}

/// What a metric compares checkpoints with.
public struct TokenRelationsAtEnd {
  /// Of the similarities of all pairs of tokens.
  public let similarity: RowDistributions
  /// Of attention, mean over heads.
  public let attention: RowDistributions
}
