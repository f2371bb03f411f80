import MAECore
import MAEEngine

/// Predicts the hidden tokens of a later frame from its few visible ones and the whole of an earlier frame (Gupta et al.
/// 2023). A sample is a clip of two frames; the mask is the second's.
public struct SiameseAutoencoder: Objective {
  /// What is reused after pretraining.
  public let encoder: VisionTransformer
  private let decoder: CrossAttentionDecoder
  private let target: PixelTarget
  private let grid: TokenGrid
  private let isOverAll: Bool

  /// The earlier frame besides its own tokens.
  public static let decoderAttention = DecoderAttention.otherFrame
  /// The second of two.
  public static let encodedFrame = 1

  /// Which patches of the second frame count.
  public static let lossOver = LossScope.option(default: .auto)
  /// Which patches count.
  public static let options = [lossOver]

  /// Two, of models of one frame.
  public static func sampleFrames(of model: ModelConfiguration) -> Int { encodedFrame + model.input.frames }

  /// Whether the decoder is the right one, if any.
  public static func problems(of model: ModelConfiguration) -> [String] {
    model.decoder?.cross != nil ? [] : ["\(model.method) needs a decoder that attends another frame"]
  }

  /// What it reads of the settings that some objectives ignore.
  public static var reads: Set<PartialKeyPath<ModelConfiguration>> {
    [
      \.decoder, \.decoder?.cross, \.masking, \.masking.decoderRatio, \.masking.keptRatio, \.target.normalization,
      \.target.values, \.target.loss,
    ]
  }

  /// Declares the parameters.
  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    guard let decoder = configuration.decoder, let cross = decoder.cross else {
      preconditionFailure("SiameseAutoencoder: the decoder attends no other frame")
    }
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    self.decoder = CrossAttentionDecoder(configuration, decoder, cross, in: scope["decoder"])
    target = PixelTarget(configuration, firstFrame: Self.encodedFrame)
    grid = configuration.grid
    isOverAll = LossScope.isOverAll(Self.lossOver, of: configuration)
  }

  /// The reconstruction error, and further terms where there are any.
  public func loss(of batch: Batch, in pass: Pass) -> Loss {
    Loss(reconstruction: target.loss(of: decoded(batch, in: pass).rows, in: isOverAll ? batch.predictingAll : batch))
  }

  /// The pixels of the hidden tokens.
  public func prediction(of batch: Batch, in pass: Pass) -> Prediction? {
    let (latents, rows) = decoded(batch, in: pass)
    guard isOverAll else { return target.prediction(of: rows, latents, in: batch) }
    return target.prediction(of: rows, latents, in: batch.predictingAll).ofHiddenTokens(batch.masks)
  }

  /// The values of the predicted tokens, `[samples · tokens, values]`: of all where all count, else of the hidden ones.
  package func predictions(of batch: Batch, in pass: Pass) -> Variable {
    let rows = decoded(batch, in: pass).rows
    return rows.predict(rows.inputs)
  }

  private func decoded(_ batch: Batch, in pass: Pass) -> (latents: Variable, rows: PredictedRows) {
    let past = encoder(batch.pixels, EncoderTokens(allOf: grid, samples: batch.masks.count), in: pass)
    let future = encoder(
      batch.pixels, EncoderTokens(visible: batch.visible), in: pass, firstFrame: Self.encodedFrame,
      probe: pass.probes["encoder"])
    let rows = decoder(
      future, memory: past, masks: batch.masks, predictsAll: isOverAll, in: pass, probe: pass.probes["decoder"])
    return (future, rows)
  }
}
