import MAECore
import MAEEngine

/// Encodes all tokens, hidden ones as mask tokens, and predicts pixels with one linear map (Xie et al. 2021, SimMIM).
public struct MaskedImageModel: Objective {
  /// What is reused after pretraining.
  public let encoder: VisionTransformer
  private let head: Linear
  private let error: Kernels.PixelError
  private let layout: PatchLayout

  /// There is no decoder.
  public static let decoderAttention = DecoderAttention.none

  /// Whether the decoder is the right one, if any.
  public static func problems(of model: ModelConfiguration) -> [String] {
    model.decoder == nil ? [] : ["\(model.method) has no decoder"]
  }

  /// What it reads of the settings that some objectives ignore.
  public static var reads: Set<PartialKeyPath<ModelConfiguration>> { [\.masking, \.target.loss] }

  /// Declares the parameters.
  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    encoder = VisionTransformer(configuration, maskToken: true, in: scope["encoder"])
    let (width, values) = (configuration.encoder.blocks.width, configuration.patchWidth)
    head = Linear(
      width, values, initializer: configuration.method.initialization.linear(width, values), in: scope["decoder"]["pred"])
    error = Kernels.PixelError(configuration.target.loss)
    layout = configuration.patchLayout
  }

  /// The reconstruction error, and further terms where there are any.
  public func loss(of batch: Batch, in pass: Pass) -> Loss { compared(batch, in: pass).loss }

  /// The pixels of the hidden tokens.
  public func prediction(of batch: Batch, in pass: Pass) -> Prediction? { compared(batch, in: pass) }

  /// The head is followed by a pixel shuffle in the original, so the channels of a token come first.
  private func compared(_ batch: Batch, in pass: Pass) -> Prediction {
    let latents = encoder(
      batch.pixels, EncoderTokens(visible: batch.visible, fillsWithMaskTokens: true), in: pass,
      probe: pass.probes["encoder"])
    let tokens = latents.rows / batch.masks.count
    let rows = batch.masks.enumerated().flatMap { sample, mask in
      mask.hidden.map { Int32(sample * tokens + encoder.classRows) + $0 }
    }
    let values = head(latents.rows(rows))
    let targets = pass.tape.kernels.patches(batch.pixels, layout, tokens: batch.masks.map(\.hidden))
    // The public implementation divides by the hidden pixels plus 1e-5, then by the channels.
    let channels = Double(batch.pixels.shape.channels.count)
    let divisor = (Double(targets.count) / channels + 1e-5) * channels
    return Prediction(
      loss: Loss(reconstruction: values.pixelLoss(targets, error, divisor: divisor)), latents: latents, values: values,
      targets: targets, order: .channelsFirst)
  }
}
