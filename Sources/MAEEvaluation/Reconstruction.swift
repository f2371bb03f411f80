import Foundation
import MAECore
import MAEEngine
import MAEModels

/// What a model makes of the hidden patches of one clip or still.
public struct Reconstruction: Sendable {
  /// As the model saw it.
  public let original: Clip
  /// Which tokens were hidden.
  public let mask: TokenMask
  /// The original with predictions in place of its hidden patches; visible patches keep their bytes.
  public let completed: Clip
  /// `[hidden tokens, values]` as the network gives it, tokens ascending.
  public let prediction: [Float]
  /// The method's reconstruction error.
  public let loss: Double
  /// Of the hidden patches in decibels, in 8-bit pixels as they are shown; infinite when they agree.
  public let signalToNoise: Double
  /// The original with the mean of each hidden patch in its place, which normalised predictions are given: what they add to;
  /// nil where nothing is given.
  public let means: Clip?
  /// ``signalToNoise`` of ``means``.
  public let signalToNoiseOfMeans: Double?
  /// ``signalToNoise`` of what copying from visible patches gives; empty where none is visible.
  public let signalToNoiseOfCopying: [Copying: Double]
  /// Whether mean and deviation of each hidden patch were taken from the original.
  public let isNormalized: Bool
  /// Frames that have predictions.
  public let predictedFrames: [Int]

  /// - Precondition: the clip has the model's size, channels and number of frames (two for a pair), and the model predicts
  ///   pixels.
  public init(_ clip: Clip, mask: TokenMask, by model: Model, on kernels: Kernels) {
    guard let made = Self(ifPossible: clip, mask: mask, by: model, on: kernels) else {
      preconditionFailure("Reconstruction: \(model.configuration.method) predicts no pixels")
    }
    self = made
  }

  /// Nil when the model predicts no pixels; otherwise as the other initializer.
  public init?(ifPossible clip: Clip, mask: TokenMask, by model: Model, on kernels: Kernels) {
    let batch = Batch(model.source(ClipBatch([clip])), masks: [mask])
    guard
      let predicted = model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: kernels))
    else { return nil }
    original = clip
    self.mask = mask
    let count = mask.hidden.count * model.configuration.predictionWidth
    var nothing = predicted
    nothing.values = predicted.values.tape.constant(kernels.zeros(predicted.values.shape))
    means = predicted.isNormalized ? model.pasting(model.predictedPixels(nothing)[...], over: clip, mask: mask) : nil
    signalToNoiseOfMeans = means.map { Self.signalToNoise(clip, $0, valuesCompared: count) }
    completed = model.pasting(model.predictedPixels(predicted)[...], over: clip, mask: mask)
    var copying: [Copying: Double] = [:]
    for what in Copying.allCases where !mask.visible.isEmpty {
      copying[what] = Self.signalToNoise(clip, model.copying(what, over: clip, mask: mask), valuesCompared: count)
    }
    signalToNoiseOfCopying = copying
    prediction = predicted.values.tensor.floats()
    loss = predicted.loss.parts.first?.value ?? Double(predicted.loss.total.tensor.scalar)
    isNormalized = predicted.isNormalized
    predictedFrames = model.predictedFrames
    signalToNoise = Self.signalToNoise(clip, completed, valuesCompared: count)
  }

  /// 10 · log₁₀(255² / mean squared difference), over the pixels that were predicted: all others are equal.
  private static func signalToNoise(_ original: Clip, _ completed: Clip, valuesCompared count: Int) -> Double {
    let sum = zip(original.pixels, completed.pixels).reduce(into: 0) { sum, pair in
      let difference = Int(pair.0) - Int(pair.1)
      sum += difference * difference
    }
    return sum == 0 ? .infinity : 10 * log10(255 * 255 * Double(count) / Double(sum))
  }
}

extension Model {
  /// The mask for a reconstruction: a pure function of the seed, the same for every file.
  public func mask(seed: UInt64) throws(MaskingError) -> TokenMask {
    let sample = Sample(file: 0, position: 0, epoch: 0, crop: PixelRect(whole: configuration.input.size))
    return try masks(for: [sample], random: RandomStream(seed: seed), progress: 1)[0]
  }
}
