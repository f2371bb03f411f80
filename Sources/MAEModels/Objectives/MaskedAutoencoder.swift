import MAECore
import MAEEngine

/// Encodes the visible tokens and predicts the pixels of the hidden ones (He et al. 2021; VideoMAE, MAE-ST and
/// U-MAE by other values).
public struct MaskedAutoencoder: Objective {
  public let configuration: ModelConfiguration
  public let encoder: VisionTransformer
  let decoder: TokenDecoder

  public static let decoderAttention = DecoderAttention.ownTokens

  public static func problems(of model: ModelConfiguration) -> [String] {
    model.decoder != nil && model.decoder?.cross == nil ? [] : ["\(model.method) needs a decoder of one clip"]
  }

  public static var reads: Set<PartialKeyPath<ModelConfiguration>> {
    [
      \.masking, \.masking.decoderRatio, \.target.normalization, \.target.values, \.target.loss, \.target.predictedFrames,
      \.uniformityWeight, \.decoder,
    ]
  }

  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    self.configuration = configuration
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    decoder = TokenDecoder(configuration, configuration.decoder!, in: scope["decoder"])
  }

  public func run(_ source: PixelSource, masks: [TokenMask], on tape: Tape, _ options: RunOptions) -> PretextRun {
    let latents = encoder(
      source, EncoderTokens(visible: masks.map(\.visible)), on: tape, recompute: options.recompute,
      observe: options.observeEncoder)
    let (rows, predict) = decoder(
      latents, masks: masks, on: tape, recompute: options.recompute, keepsAllRows: options.keepsAllRows,
      observe: options.observeDecoder, observeAttention: options.observeDecoderAttention)
    let comparison = configuration.compare(
      rows, predict, with: source, masks: masks, streamingScale: options.streamingScale)
    var loss = comparison.loss
    var parts = [(name: "reconstruction", value: Double(loss.tensor.scalar))]
    if configuration.uniformityWeight > 0 {
      let uniformity = classFeatures(latents, samples: masks.count).uniformity()
      parts.append((name: "uniformity", value: Double(uniformity.tensor.scalar)))
      loss = loss.adding(uniformity, weight: Float(configuration.uniformityWeight))
    }
    return PretextRun(
      loss: loss, parts: parts, latents: latents, prediction: comparison.prediction, target: comparison.target,
      statistics: comparison.statistics)
  }

  /// U-MAE's features: the class token with the final norm applied once more, as the public implementation does.
  private func classFeatures(_ latents: Variable, samples: Int) -> Variable {
    let tokens = latents.rows / samples
    return encoder.normalized(latents.rows((0..<samples).map { Int32($0 * tokens) }))
  }
}
