import MAECore
import MAEEngine

/// Encodes all tokens, hidden ones as mask tokens, and predicts pixels with one linear map (Xie et al. 2021, SimMIM).
public struct MaskedImageModel: Objective {
  public let configuration: ModelConfiguration
  public let encoder: VisionTransformer
  let head: Linear

  public static let decoderAttention = DecoderAttention.none
  /// The head is followed by a pixel shuffle in the original.
  public static let valueOrder = ValueOrder.channelsFirst

  public static func problems(of model: ModelConfiguration) -> [String] {
    model.decoder == nil ? [] : ["\(model.method) has no decoder"]
  }

  public static var reads: Set<PartialKeyPath<ModelConfiguration>> { [\.masking, \.target.loss] }

  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    self.configuration = configuration
    encoder = VisionTransformer(configuration, maskToken: true, in: scope["encoder"])
    let width = configuration.encoder.blocks.width
    head = Linear(
      width, configuration.patchWidth,
      initializer: configuration.method.initialization.linear(width, configuration.patchWidth),
      in: scope["decoder"]["pred"])
  }

  public func run(_ source: PixelSource, masks: [TokenMask], on tape: Tape, _ options: RunOptions) -> PretextRun {
    let latents = encoder(
      source, EncoderTokens(visible: masks.map(\.visible), fillsWithMaskTokens: true), on: tape,
      recompute: options.recompute, observe: options.observeEncoder)
    let tokens = latents.rows / masks.count
    let rows = masks.enumerated().flatMap { sample, mask in
      mask.hidden.map { Int32(sample * tokens + encoder.classRows) + $0 }
    }
    let prediction = head(latents.rows(rows))
    let target = tape.kernels.patches(
      source,
      PatchLayout(grid: configuration.grid, patch: configuration.input.patch, tubelet: configuration.input.tubelet),
      tokens: masks.map(\.hidden))
    // The public implementation divides by the hidden pixels plus 1e-5, then by the channels.
    let channels = Double(configuration.input.channels.count)
    let divisor = (Double(target.count) / channels + 1e-5) * channels
    let loss = prediction.pixelLoss(
      target, configuration.target.loss == .squared ? .squared : .absolute, divisor: divisor)
    return PretextRun(
      loss: loss, parts: [(name: "reconstruction", value: Double(loss.tensor.scalar))], latents: latents,
      prediction: prediction, target: target,
      statistics: tape.kernels.tensor(
        (0..<rows.count * Int(channels)).flatMap { _ in [Float(0), 1] }, [rows.count, Int(channels), 2]))
  }
}
