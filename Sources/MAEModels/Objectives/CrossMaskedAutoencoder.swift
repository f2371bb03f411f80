import MAECore
import MAEEngine

/// Encodes the visible tokens and predicts hidden ones by attention to features of the encoder alone (Fu et al. 2024).
public struct CrossMaskedAutoencoder: Objective {
  /// What is reused after pretraining.
  public let encoder: VisionTransformer
  private let decoder: FeatureDecoder
  private let target: PixelTarget
  private let mixed: [Int]

  /// Features of the encoder; mask tokens do not meet.
  public static let decoderAttention = DecoderAttention.features

  /// Whether the decoder's features begin with the encoder's input.
  public static let featureInput = OptionDefinition(
    "feature-input", default: .truth(true), help: "Whether the decoder mixes what enters the encoder's first block, too.")
  /// Which blocks give features.
  public static let featureBlocks = OptionDefinition(
    "feature-blocks", default: .text("all"),
    help: "Encoder blocks whose outputs the decoder mixes: all, or numbers from 1 with commas, as 4,8,12."
  ) { value in
    guard let text = value.text, text == "all" || numbers(text)?.isEmpty == false else {
      return "expected all, or numbers from 1 with commas, as 4,8,12"
    }
    return nil
  }
  /// Which features the decoder mixes.
  public static let options = [featureInput, featureBlocks]

  /// Ascending; nil where something else than numbers from 1 stands between the commas.
  private static func numbers(_ text: String) -> [Int]? {
    let numbers = text.split(separator: ",").map { Int($0).flatMap { $0 > 0 ? $0 : nil } }
    return numbers.contains(nil) ? nil : Set(numbers.compactMap(\.self)).sorted()
  }

  /// What the decoder mixes: 0 is the encoder's input, others are the outputs of blocks; ascending.
  static func features(of model: ModelConfiguration) -> [Int] {
    let text = model[featureBlocks].text ?? "all"
    let blocks = text == "all" ? Array(1...model.encoder.blocks.depth) : numbers(text) ?? []
    return (model[featureInput].truth == true ? [0] : []) + blocks
  }

  /// Whether the decoder is the right one, and the blocks are there.
  public static func problems(of model: ModelConfiguration) -> [String] {
    guard let decoder = model.decoder, decoder.cross == nil else { return ["\(model.method) needs a decoder of one clip"] }
    var problems: [String] = []
    if model.encoder.finalNorm { problems.append("\(model.method) has no norm after the encoder: its decoder has one per block") }
    let depth = model.encoder.blocks.depth
    if depth > 0, let last = features(of: model).last, last > depth {
      problems.append("model.options.feature-blocks names block \(last); the encoder has \(depth)")
    }
    return problems
  }

  /// What it reads of the settings that some objectives ignore.
  public static var reads: Set<PartialKeyPath<ModelConfiguration>> {
    [
      \.decoder, \.masking, \.masking.keptRatio, \.target.normalization, \.target.values, \.target.loss,
      \.target.predictedFrames,
    ]
  }

  /// Declares the parameters.
  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    guard let decoder = configuration.decoder else { preconditionFailure("CrossMaskedAutoencoder: there is no decoder") }
    mixed = Self.features(of: configuration)
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    self.decoder = FeatureDecoder(configuration, decoder, features: mixed.count, in: scope["decoder"])
    target = PixelTarget(configuration)
  }

  /// The reconstruction error.
  public func loss(of batch: Batch, in pass: Pass) -> Loss {
    Loss(reconstruction: target.loss(of: decoded(batch, in: pass).rows, in: batch))
  }

  /// The pixels of the hidden tokens.
  public func prediction(of batch: Batch, in pass: Pass) -> Prediction? {
    let (latents, rows) = decoded(batch, in: pass)
    return target.prediction(of: rows, latents, in: batch)
  }

  /// What the decoder mixes, each `[samples · (class token + visible), width]`, and what its blocks attend of that, one below the
  /// other.
  package func features(of batch: Batch, in pass: Pass) -> (features: [Variable], mixtures: Variable) {
    let states = encoder.states(batch.pixels, EncoderTokens(visible: batch.visible), in: pass)
    let features = mixed.map { states[$0] }
    return (features, decoder.mixtures(of: features))
  }

  private func decoded(_ batch: Batch, in pass: Pass) -> (latents: Variable, rows: PredictedRows) {
    let states = encoder.states(
      batch.pixels, EncoderTokens(visible: batch.visible), in: pass, probe: pass.probes["encoder"])
    let rows = decoder(mixed.map { states[$0] }, masks: batch.masks, in: pass, probe: pass.probes["decoder"])
    return (states[states.count - 1], rows)
  }
}
