/// What a person knows about weights that they do not tell themselves.
public struct WeightOptions: Hashable, Sendable {
  /// The key of the file under which the weights stand, of several (`model_ema`); nil takes those that fit best.
  public var key: String?
  /// Heads of the encoder.
  public var heads: Int?
  /// Heads of the decoder.
  public var decoderHeads: Int?

  public init(key: String? = nil, heads: Int? = nil, decoderHeads: Int? = nil) {
    self.key = key
    self.heads = heads
    self.decoderHeads = decoderHeads
  }
}
