import MAECore
import MAEEngine

/// Tells the class of a sample by its encoded tokens, none of which is hidden: what a pretrained encoder is fine-tuned as.
///
///     logits = W · dropout(norm(mean of the patch tokens)) + b      pooling: mean, mean-then-norm
///     logits = W · dropout(norm(class token)) + b                   pooling: class-token
///
/// The loss is the cross-entropy with the batch's targets, or with its samples' labels where it has none.
public struct Classifier: Objective {
  /// What was pretrained.
  public let encoder: VisionTransformer
  private let configuration: ClassifierConfiguration
  private let grid: TokenGrid
  private let norm: LayerNorm?
  private let head: Linear

  /// There is no decoder.
  public static let decoderAttention = DecoderAttention.none
  /// Every token is encoded.
  public static let usesMasks = false
  /// None of the settings of pretraining.
  public static var reads: Set<PartialKeyPath<ModelConfiguration>> { [] }
  /// No pixels are predicted.
  public static func predictedFrames(of model: ModelConfiguration) -> [Int] { [] }

  /// Whether there is a classifier that fits the encoder.
  public static func problems(of model: ModelConfiguration) -> [String] {
    model.classifier.map { $0.problems(on: model.encoder) } ?? ["there are no classes to tell apart"]
  }

  /// Declares the parameters. The head starts near zero, so that the first steps move the encoder little (2e-5, as the public
  /// fine-tuning of MAE and VideoMAE).
  public init(_ model: ModelConfiguration, in scope: ParameterScope) {
    guard let classifier = model.classifier else { preconditionFailure("Classifier: there are no classes") }
    let blocks = model.encoder.blocks
    (configuration, grid) = (classifier, model.grid)
    encoder = VisionTransformer(model, in: scope["encoder"])
    let end = scope.atDepth(blocks.depth + 1)
    norm = classifier.pooling == .mean ? LayerNorm(blocks.width, epsilon: blocks.normEpsilon, in: end["fc_norm"]) : nil
    head = Linear(blocks.width, classifier.classes.count, initializer: .normal(deviation: 2e-5), in: end["head"])
  }

  /// The cross-entropy, mean over the samples.
  public func loss(of batch: Batch, in pass: Pass) -> Loss {
    let logits = logits(of: batch.pixels, in: pass).logits
    let loss =
      batch.targets.isEmpty ? logits.crossEntropy(labels(of: batch)) : logits.crossEntropy(targets: batch.targets)
    return Loss(loss, parts: [(name: "cross-entropy", value: Double(loss.tensor.scalar))])
  }

  /// A number for each class, `[samples, classes]`, and the pooled rows that they are made of, `[samples, width]`: the mean
  /// before its norm, or the class token behind it.
  public func logits(of pixels: PixelSource, in pass: Pass) -> (pooled: Variable, logits: Variable) {
    let samples = pixels.shape.samples
    let (tokens, probe) = (EncoderTokens(allOf: grid, samples: samples), pass.probes["encoder"])
    let pooled: Variable
    var row: Variable
    switch configuration.pooling {
    case .classToken:
      let rows = encoder(pixels, tokens, in: pass, probe: probe)
      pooled = rows.rows((0..<samples).map { Int32($0 * (rows.rows / samples)) })
      row = pooled
    case .mean, .meanThenNorm:
      let rows = encoder(pixels, tokens, in: pass, lastBlock: encoder.configuration.blocks.depth, probe: probe)
      pooled = rows.sampleMeans(samples, skipping: encoder.classRows)
      row = norm.map { $0(pooled) } ?? encoder.normalized(pooled)
    }
    if configuration.dropout > 0, let random = pass.random {
      row = row.dropped(Dropout(rate: configuration.dropout, random: random.fork("head")))
    }
    return (pooled, head(row))
  }

  private func labels(of batch: Batch) -> [Int] {
    batch.samples.map { sample in
      guard let label = sample.label else { preconditionFailure("Classifier: a sample has neither target nor label") }
      return label
    }
  }
}
