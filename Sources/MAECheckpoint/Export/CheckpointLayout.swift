import MAEModels

/// Under which names a model is stored.
public struct CheckpointLayout: Sendable {
  /// Whether the folder is a model folder of the transformers library.
  public let isTransformers: Bool
  /// Why it is not, where the method has a place in that library, one sentence.
  public let reason: String?
  let dialect: Dialect

  /// The layout of our own checkpoints: transformers for MAE, VideoMAE and SimMIM where the model fits into it, the names of
  /// the public implementation for everything else.
  public init(_ model: ModelConfiguration) {
    let obstacle = TransformersConfiguration.obstacle(model)
    let names = model.names
    let wantsLibrary = names.library != nil && names.prefersLibrary
    isTransformers = wantsLibrary && obstacle == nil
    reason =
      wantsLibrary
      ? obstacle.map { "Checkpoints keep the official names and are not transformers folders, because \($0)." } : nil
    dialect = isTransformers ? Self.transformers(model, isEncoderOnly: false) : Self.official(model)
  }

  static func transformers(_ model: ModelConfiguration, isEncoderOnly: Bool) -> Dialect {
    if model.classifier != nil { return model.method.names.library == .videoMAE ? .transformersVideoMAE : .transformersMAE }
    return switch model.method.names.library {
    case .videoMAE: isEncoderOnly ? .transformersVideoEncoder : .transformersVideoMAE
    case .maskedImageModelling: .transformersMIM
    case .pixio: .transformersPixio
    case .vitMAE, nil: isEncoderOnly ? .transformersEncoder : .transformersMAE
    }
  }

  /// The names of the method's public implementation. SimMIM with a key bias is not of that implementation: it keeps the names
  /// of the library in whose form it is trained.
  static func official(_ model: ModelConfiguration) -> Dialect {
    switch model.names.official {
    case nil: .own(model)
    case .mae: .mae
    case .videomae: model.classifier == nil ? .videomae : .videomaeEncoder
    case .maeST: .maeST
    case .siammae: .siammae
    case .crossmae: .crossmae
    case .simmim: model.encoder.blocks.attentionBias == .queryAndValue ? .simmim : .transformersMIM
    }
  }
}
