import MAECore
import MAEEngine

/// A task that a model is pretrained on: pixels and masks in, a loss out.
public protocol Objective: Sendable {
  /// Declares the parameters.
  ///
  /// - Precondition: the configuration has no ``problems(of:)``.
  init(_ configuration: ModelConfiguration, in scope: ParameterScope)

  /// What is impossible about a configuration, one sentence each.
  static func problems(of model: ModelConfiguration) -> [String]
  /// Settings that some objectives read and others do not, as far as this one reads them.
  static var reads: Set<PartialKeyPath<ModelConfiguration>> { get }
  /// Frames of a sample.
  static func sampleFrames(of model: ModelConfiguration) -> Int
  /// Where in a sample the clip starts whose tokens are hidden.
  static var encodedFrame: Int { get }
  /// Which frames of a sample have predictions, ascending.
  static func predictedFrames(of model: ModelConfiguration) -> [Int]
  /// In which order a token's values are predicted.
  static var valueOrder: ValueOrder { get }
  /// What predicts hidden tokens.
  static var decoderAttention: DecoderAttention { get }

  var configuration: ModelConfiguration { get }
  /// What is reused after pretraining.
  var encoder: VisionTransformer { get }

  /// Computes loss and prediction of a batch.
  ///
  /// - Precondition: one mask per sample, with equal counts.
  func run(_ source: PixelSource, masks: [TokenMask], on tape: Tape, _ options: RunOptions) -> PretextRun
}

extension Objective {
  public static func sampleFrames(of model: ModelConfiguration) -> Int { model.input.frames }
  public static var encodedFrame: Int { 0 }
  public static func predictedFrames(of model: ModelConfiguration) -> [Int] {
    model.targetFrames.map { encodedFrame + Int($0) }
  }
  public static var valueOrder: ValueOrder { .channelsLast }
}

/// The order of the values of a token.
public enum ValueOrder: Hashable, Sendable {
  /// Frame, row, column, channel.
  case channelsLast
  /// Channel, row, column.
  case channelsFirst
}

/// What the decoder of a model attends.
public enum DecoderAttention: Hashable, Sendable {
  /// Visible tokens and mask tokens, in one sequence.
  case ownTokens
  /// Another frame besides.
  case otherFrame
  /// There is no decoder.
  case none
}

/// How a pass over the model is made; only dropout changes its result.
public struct RunOptions {
  /// Trade time for memory: keep only the input of each block.
  public var recompute = false
  /// Where nobody looks at predictions or targets: compute the loss and its derivatives together, some samples at a time, which
  /// takes less memory. Gradients of parameters are then added to while the model runs. The value is the scale that
  /// ``Tape/backward(from:scale:)`` will be given.
  public var streamingScale: Float?
  /// Decides what dropout sets to zero, where the model has any; nil = nothing, as after training.
  public var dropout: RandomStream?
  /// Called with the output of each encoder block, from 0.
  public var observeEncoder: ((Int, Variable) -> Void)?
  /// Whether the decoder's last block computes visible tokens too, which only an observer can want.
  public var keepsAllRows = false
  /// Called with the output of each decoder block, from 0; of the last only if ``keepsAllRows``.
  public var observeDecoder: ((Int, Variable) -> Void)?
  /// Called with the attention of each decoder block of a masked autoencoder, from 0, `[samples · heads · queries, keys]`.
  /// The sequence is class token, visible tokens, hidden tokens; the last block has hidden tokens as queries only, unless ``keepsAllRows``.
  public var observeDecoderAttention: ((Int, Tensor) -> Void)?

  public init(recompute: Bool = false, dropout: RandomStream? = nil) {
    self.recompute = recompute
    self.dropout = dropout
  }
}

/// What one pass computed.
public struct PretextRun {
  /// The total, one value.
  public var loss: Variable
  /// Named parts of the loss, weights not applied.
  public var parts: [(name: String, value: Double)]
  /// The encoder's output for the tokens it saw.
  public var latents: Variable
  /// `[samples · hidden, prediction width]`, ascending within each sample; may have no rows with
  /// ``RunOptions/streamingScale``.
  public var prediction: Variable
  /// What the prediction is compared with, in the same order; may have no rows with ``RunOptions/streamingScale``.
  public var target: Tensor
  /// Mean and divisor per token and channel, `[samples · hidden, channels, 2]`: value = target · divisor + mean. As `target`,
  /// it may have no rows.
  public var statistics: Tensor
}

extension ModelConfiguration {
  /// Frames of the clip that are predicted: all, or evenly spread ones (MAE-ST, B5: ⌊linspace(0, T − 1, n)⌋).
  var targetFrames: [Int32] {
    guard let count = target.predictedFrames else { return (0..<Int32(input.frames)).map { $0 } }
    guard count > 1 else { return [0] }
    let step = Float(input.frames - 1) / Float(count - 1)
    // The second half counts from the end, as PyTorch's linspace does; the values agree at the last frame.
    return (0..<count).map { index in
      Int32(index < count / 2 ? step * Float(index) : Float(input.frames - 1) - step * Float(count - 1 - index))
    }
  }

  /// What predictions are compared with, and how they compare.
  typealias Comparison = (loss: Variable, prediction: Variable, target: Tensor, statistics: Tensor)

  /// Compares predictions with the pixels of hidden tokens; the error is averaged over all values.
  ///
  /// - Parameters:
  ///   - rows, predict: what predictions are made of, and how.
  ///   - streamingScale: see ``RunOptions/streamingScale``.
  func compare(
    _ rows: Variable, _ predict: (Variable) -> Variable, with source: PixelSource, masks: [TokenMask], firstFrame: Int = 0,
    streamingScale: Float? = nil
  ) -> Comparison {
    let (tape, kernels) = (rows.tape, rows.tape.kernels)
    let targets = PatchTargets(
      source, PatchLayout(grid: grid, patch: input.patch, tubelet: input.tubelet), frames: targetFrames,
      framesPerSlot: predictedFramesPerSlot, normalization: .init(target.normalization), inUnits: target.values == .unit,
      tokens: masks.map(\.hidden), firstFrame: firstFrame)
    let error: Kernels.PixelError = target.loss == .squared ? .squared : .absolute
    let scored = Self.scoredRows(masks)
    if let streamingScale, scored == nil {
      let (parts, perSample) = (Self.streamedParts(masks), rows.rows / masks.count)
      let loss = rows.streamedLoss(
        parts: parts.map { $0.lowerBound * perSample..<$0.upperBound * perSample }, scale: streamingScale
      ) { predict($0).pixelLoss(overwritingFor: targets.samples(parts[$1]), error, divisor: Double(targets.count)) }
      return (
        loss, tape.constant(kernels.empty([0, targets.width])), kernels.empty([0, targets.width]),
        kernels.empty([0, source.shape.channels.count, 2])
      )
    }
    let prediction = predict(rows)
    let (values, statistics) = kernels.values(of: targets)
    let loss =
      scored.map {
        prediction.rows($0).pixelLoss(kernels.gatherRows(values, $0), error, divisor: Double($0.count * prediction.width))
      } ?? prediction.pixelLoss(values, error, divisor: Double(values.count))
    return (loss, prediction, values, statistics)
  }

  /// Samples whose losses are streamed together: eight parts, or fewer so that products stay worthwhile.
  private static func streamedParts(_ masks: [TokenMask]) -> [Range<Int>] {
    let samples = masks.count
    let parts = max(1, min(8, samples, samples * masks[0].hidden.count / 384))
    return (0..<parts).map { samples * $0 / parts..<samples * ($0 + 1) / parts }
  }

  /// Rows of the prediction that count in the loss; nil when all do.
  private static func scoredRows(_ masks: [TokenMask]) -> [Int32]? {
    guard masks.contains(where: { !$0.unscored.isEmpty }) else { return nil }
    var (rows, first): ([Int32], Int32) = ([], 0)
    for mask in masks {
      let unscored = Set(mask.unscored)
      for (offset, token) in mask.hidden.enumerated() where !unscored.contains(token) { rows.append(first + Int32(offset)) }
      first += Int32(mask.hidden.count)
    }
    return rows
  }
}

extension PatchTargets.Normalization {
  init(_ normalization: TargetConfiguration.Normalization) {
    self =
      switch normalization {
      case .none: .none
      case .perPatch: .perPatch
      case .perChannel: .perChannel
      }
  }
}
