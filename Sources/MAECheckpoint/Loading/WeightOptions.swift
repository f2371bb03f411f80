import MAEModels

/// What a person or a program knows about weights that they do not tell themselves.
public struct WeightOptions: Sendable {
  /// The key of the file under which the weights stand, of several (`model_ema`); nil takes those that fit best.
  public var key: String?
  /// Heads of the encoder.
  public var heads: Int?
  /// Heads of the decoder.
  public var decoderHeads: Int?
  /// Where names of methods and maskings are looked up.
  public var catalogue: Catalogue

  /// Nothing is known unless given.
  public init(key: String? = nil, heads: Int? = nil, decoderHeads: Int? = nil, catalogue: Catalogue = .builtIn) {
    self.key = key
    self.heads = heads
    self.decoderHeads = decoderHeads
    self.catalogue = catalogue
  }
}
