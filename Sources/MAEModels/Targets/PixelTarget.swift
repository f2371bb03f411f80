import MAECore
import MAEEngine

/// What predictions of hidden tokens are compared with, their pixels, and how: the error is averaged over all values.
public struct PixelTarget: Sendable {
  /// Frames of the clip that are predicted.
  public let frames: [Int32]
  private let layout: PatchLayout
  private let framesPerSlot: Int
  private let normalization: PatchTargets.Normalization
  private let inUnits: Bool
  private let error: Kernels.PixelError
  private let firstFrame: Int

  /// - Parameter firstFrame: the frame of the batch's clips at which the model's clip starts.
  public init(_ model: ModelConfiguration, firstFrame: Int = 0) {
    layout = model.patchLayout
    frames = Self.frames(model.target.predictedFrames, of: model.input.pictures)
    framesPerSlot = model.predictedFramesPerSlot
    normalization = PatchTargets.Normalization(model.target.normalization)
    inUnits = model.target.values == .unit
    error = Kernels.PixelError(model.target.loss)
    self.firstFrame = firstFrame
  }

  /// All frames, or `count` evenly spread ones: ⌊linspace(0, frames − 1, count)⌋ (facebookresearch/mae_st,
  /// `models_mae.py`).
  private static func frames(_ count: Int?, of frames: Int) -> [Int32] {
    guard let count else { return (0..<Int32(frames)).map { $0 } }
    guard count > 1 else { return [0] }
    let step = Float(frames - 1) / Float(count - 1)
    // The second half counts from the end, as PyTorch's linspace does; the values agree at the last frame.
    return (0..<count).map { index in
      Int32(index < count / 2 ? step * Float(index) : Float(frames - 1) - step * Float(count - 1 - index))
    }
  }

  /// The error of predictions, forward and backward at once for some samples at a time, so that predictions and targets never
  /// exist for the whole batch; where some tokens do not count, as in ``prediction(of:_:in:)``.
  public func loss(of rows: PredictedRows, in batch: Batch) -> Variable {
    guard batch.masks.allSatisfy(\.unscored.isEmpty) else { return compare(rows, in: batch).loss }
    let targets = targets(batch)
    let (parts, perSample) = (Self.parts(of: batch.masks), rows.inputs.rows / batch.masks.count)
    return rows.inputs.streamedLoss(parts: parts.map { $0.lowerBound * perSample..<$0.upperBound * perSample }) {
      rows.predict($0).pixelLoss(overwritingFor: targets.samples(parts[$1]), error, divisor: Double(targets.count))
    }
  }

  /// Predictions with their error, whole.
  public func prediction(of rows: PredictedRows, _ latents: Variable, in batch: Batch) -> Prediction {
    let (loss, values, targets, statistics) = compare(rows, in: batch)
    return Prediction(
      loss: Loss(reconstruction: loss), latents: latents, values: values, targets: targets,
      statistics: normalization == .none ? nil : statistics)
  }

  private func compare(
    _ rows: PredictedRows, in batch: Batch
  ) -> (loss: Variable, values: Variable, targets: Tensor, statistics: Tensor) {
    let (kernels, prediction) = (rows.inputs.tape.kernels, rows.predict(rows.inputs))
    let (values, statistics) = kernels.values(of: targets(batch))
    let loss =
      Self.scoredRows(batch.masks).map {
        prediction.rows($0).pixelLoss(kernels.gatherRows(values, $0), error, divisor: Double($0.count * prediction.width))
      } ?? prediction.pixelLoss(values, error, divisor: Double(values.count))
    return (loss, prediction, values, statistics)
  }

  private func targets(_ batch: Batch) -> PatchTargets {
    PatchTargets(
      batch.pixels, layout, frames: frames, framesPerSlot: framesPerSlot, normalization: normalization, inUnits: inUnits,
      tokens: batch.masks.map(\.hidden), firstFrame: firstFrame)
  }

  /// Samples whose losses are computed together: eight parts, or fewer so that products stay worthwhile.
  private static func parts(of masks: [TokenMask]) -> [Range<Int>] {
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

/// What predictions are made of: a row for each predicted token, ascending within each sample, and what makes predictions
/// `[rows, values]` of any of them, of every row by itself.
public struct PredictedRows {
  /// `[samples · tokens, width]`
  public var inputs: Variable
  /// Of any of the rows.
  public var predict: (Variable) -> Variable

  /// Rows and what predicts from them.
  public init(_ inputs: Variable, predict: @escaping (Variable) -> Variable) {
    self.inputs = inputs
    self.predict = predict
  }
}

extension ModelConfiguration {
  /// How a clip is cut into tokens.
  public var patchLayout: PatchLayout { PatchLayout(grid: grid, patch: input.patch, tubelet: input.tubelet) }
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

extension Kernels.PixelError {
  init(_ loss: TargetConfiguration.Loss) {
    self =
      switch loss {
      case .squared: .squared
      case .absolute: .absolute
      }
  }
}
