import MAEModels

extension Dialect {
  /// Every dialect that is read. Of two that explain a file equally well the earlier counts.
  public static let all: [Dialect] = [
    mae, timm, videomae, videomaeEncoder, maeST, siammae, simmim, crossmae, transformersMAE, transformersMAEInMemory,
    transformersMAESaved,
    transformersEncoder, transformersEncoderInMemory, transformersMIM, transformersMIMInMemory, transformersVideoMAE,
    transformersVideoEncoder, transformersPixio, transformersPixioRenamed,
  ]
}
