import MAECore
import MAEEngine

/// A task that a model is pretrained on: pixels and masks in, a loss out.
public protocol Pretext: Sendable {
  init(_ configuration: ModelConfiguration, in scope: ParameterScope)

  var configuration: ModelConfiguration { get }
  /// What is reused after pretraining.
  var encoder: VisionTransformer { get }

  /// Computes loss and prediction of a batch.
  ///
  /// - Precondition: one mask per sample, with equal counts.
  func run(_ source: PixelSource, masks: [TokenMask], on tape: Tape, _ options: RunOptions) -> PretextRun
}

/// How a pass over the model is made; only dropout changes its result.
public struct RunOptions {
  /// Trade time for memory: keep only the input of each block.
  public var recompute = false
  /// Let the gradient of the loss take the place of the prediction, where nobody looks at that: less memory.
  public var overwritesPrediction = false
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
  /// `[samples · hidden, prediction width]`, ascending within each sample; unspecified with ``RunOptions/overwritesPrediction``.
  public var prediction: Variable
  /// What the prediction is compared with, in the same order.
  public var target: Tensor
  /// Mean and divisor per token and channel, `[samples · hidden, channels, 2]`: value = target · divisor + mean.
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

  /// Compares a prediction with the pixels of hidden tokens; the error is averaged over all values.
  func compare(
    _ prediction: Variable, with source: PixelSource, masks: [TokenMask], firstFrame: Int = 0, overwriting: Bool = false
  ) -> (loss: Variable, target: Tensor, statistics: Tensor) {
    let kernels = prediction.tape.kernels
    let (target, statistics) = kernels.targets(
      source, PatchLayout(grid: grid, patch: input.patch, tubelet: input.tubelet), frames: targetFrames,
      framesPerSlot: predictedFramesPerSlot, normalization: .init(self.target.normalization),
      inUnits: self.target.values == .unit, tokens: masks.map(\.hidden), firstFrame: firstFrame)
    let error: Kernels.PixelError = self.target.loss == .squared ? .squared : .absolute
    guard let scored = Self.scoredRows(masks) else {
      let loss = prediction.pixelLoss(target, error, divisor: Double(target.count), overwriting: overwriting)
      return (loss, target, statistics)
    }
    let loss = prediction.rows(scored).pixelLoss(
      kernels.gatherRows(target, scored), error, divisor: Double(scored.count * prediction.width))
    return (loss, target, statistics)
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

extension Kernels.TargetNormalization {
  init(_ normalization: TargetConfiguration.Normalization) {
    self =
      switch normalization {
      case .none: .none
      case .perPatch: .perPatch
      case .perChannel: .perChannel
      }
  }
}
