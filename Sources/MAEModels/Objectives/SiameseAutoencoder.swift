import MAECore
import MAEEngine

/// Predicts the hidden tokens of a later frame from its few visible ones and the whole of an earlier frame (Gupta et al.
/// 2023). A sample is a clip of two frames; the mask is the second's.
public struct SiameseAutoencoder: Objective {
  public let configuration: ModelConfiguration
  public let encoder: VisionTransformer
  let decoder: TokenDecoder

  public static let decoderAttention = DecoderAttention.otherFrame
  /// The second of two.
  public static let encodedFrame = 1

  public static func sampleFrames(of model: ModelConfiguration) -> Int { encodedFrame + model.input.frames }

  public static func problems(of model: ModelConfiguration) -> [String] {
    model.decoder?.cross != nil ? [] : ["\(model.method) needs a decoder that attends another frame"]
  }

  public static var reads: Set<PartialKeyPath<ModelConfiguration>> {
    [
      \.masking, \.masking.decoderRatio, \.target.normalization, \.target.values, \.target.loss, \.decoder,
      \.decoder?.cross,
    ]
  }

  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    self.configuration = configuration
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    decoder = TokenDecoder(configuration, configuration.decoder!, in: scope["decoder"])
  }

  public func run(_ source: PixelSource, masks: [TokenMask], on tape: Tape, _ options: RunOptions) -> PretextRun {
    let past = encoder(
      source, EncoderTokens(allOf: configuration.grid, samples: masks.count), on: tape, recompute: options.recompute)
    let future = encoder(
      source, EncoderTokens(visible: masks.map(\.visible)), on: tape, firstFrame: 1, recompute: options.recompute,
      observe: options.observeEncoder)
    let (rows, predict) = decoder(
      future, memory: past, masks: masks, on: tape, recompute: options.recompute, dropout: options.dropout,
      keepsAllRows: options.keepsAllRows, observe: options.observeDecoder)
    let comparison = configuration.compare(
      rows, predict, with: source, masks: masks, firstFrame: 1, streamingScale: options.streamingScale)
    return PretextRun(
      loss: comparison.loss, parts: [(name: "reconstruction", value: Double(comparison.loss.tensor.scalar))],
      latents: future, prediction: comparison.prediction, target: comparison.target, statistics: comparison.statistics)
  }
}
