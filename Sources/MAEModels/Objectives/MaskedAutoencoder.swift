import MAECore
import MAEEngine

/// Encodes the visible tokens and predicts the pixels of the hidden ones (He et al. 2021; VideoMAE, MAE-ST and
/// U-MAE by other values).
public struct MaskedAutoencoder: Objective {
  /// What is reused after pretraining.
  public let encoder: VisionTransformer
  private let decoder: SelfAttentionDecoder
  private let target: PixelTarget
  private let uniformityWeight: Float

  /// Visible tokens and mask tokens, in one sequence.
  public static let decoderAttention = DecoderAttention.ownTokens

  /// Whether the decoder is the right one, if any.
  public static func problems(of model: ModelConfiguration) -> [String] {
    model.decoder != nil && model.decoder?.cross == nil ? [] : ["\(model.method) needs a decoder of one clip"]
  }

  /// What it reads of the settings that some objectives ignore.
  public static var reads: Set<PartialKeyPath<ModelConfiguration>> {
    [
      \.decoder, \.masking, \.masking.decoderRatio, \.masking.keptRatio, \.target.normalization, \.target.values, \.target.loss,
      \.target.predictedFrames, \.uniformityWeight,
    ]
  }

  /// Declares the parameters.
  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    guard let decoder = configuration.decoder else { preconditionFailure("MaskedAutoencoder: there is no decoder") }
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    self.decoder = SelfAttentionDecoder(configuration, decoder, in: scope["decoder"])
    target = PixelTarget(configuration)
    uniformityWeight = Float(configuration.uniformityWeight)
  }

  /// The reconstruction error, and further terms where there are any.
  public func loss(of batch: Batch, in pass: Pass) -> Loss {
    let (latents, rows) = decoded(batch, in: pass)
    return loss(target.loss(of: rows, in: batch), latents, samples: batch.masks.count, pass.sharedRows)
  }

  /// The pixels of the hidden tokens.
  public func prediction(of batch: Batch, in pass: Pass) -> Prediction? {
    let (latents, rows) = decoded(batch, in: pass)
    var prediction = target.prediction(of: rows, latents, in: batch)
    prediction.loss = loss(prediction.loss.total, latents, samples: batch.masks.count)
    return prediction
  }

  /// Runs encoder and decoder for nobody but the probes of a pass; nothing need be hidden.
  package func look(at batch: Batch, in pass: Pass) { _ = decoded(batch, in: pass) }

  private func decoded(_ batch: Batch, in pass: Pass) -> (latents: Variable, rows: PredictedRows) {
    let latents = encoder(
      batch.pixels, EncoderTokens(visible: batch.visible), in: pass, probe: pass.probes["encoder"])
    return (latents, decoder(latents, masks: batch.masks, in: pass, probe: pass.probes["decoder"]))
  }

  private func loss(
    _ reconstruction: Variable, _ latents: Variable, samples: Int, _ sharedRows: SharedRows? = nil
  ) -> Loss {
    var loss = Loss(reconstruction: reconstruction)
    guard uniformityWeight > 0 else { return loss }
    let uniformity = classFeatures(latents, samples: samples).uniformity(sharedRows)
    loss.parts.append((name: "uniformity", value: Double(uniformity.tensor.scalar)))
    loss.total = loss.total.adding(uniformity, weight: uniformityWeight)
    return loss
  }

  /// U-MAE's features: the class token with the final norm applied once more, as the public implementation does.
  private func classFeatures(_ latents: Variable, samples: Int) -> Variable {
    let tokens = latents.rows / samples
    return encoder.normalized(latents.rows((0..<samples).map { Int32($0 * tokens) }))
  }
}
