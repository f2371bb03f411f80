import MAECore

extension ModelConfiguration {
  /// A method at a published size (tiny and small: ours where the paper has none).
  public static func preset(_ method: Method, _ size: ModelSize) -> ModelConfiguration {
    switch method {
    case .mae: imageMAE(size)
    case .videomae: videoMAE(size)
    case .maeST: spacetimeMAE(size)
    case .siammae: siamMAE(size)
    case .simmim: simMIM(size)
    case .uMAE: uniformMAE(size)
    case .selfGuided: selfGuidedMAE(size)
    }
  }

  static func blocks(_ sizes: (width: Int, depth: Int, heads: Int), bias: AttentionBias = .all) -> BlockConfiguration {
    BlockConfiguration(width: sizes.width, depth: sizes.depth, heads: sizes.heads, attentionBias: bias)
  }
}
