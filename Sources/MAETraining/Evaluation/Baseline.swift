import MAECore
import MAEEngine
import MAEModels

/// What predicting nothing costs: the loss of the best constant prediction.
///
/// Of normalised targets that is 0, each target's own mean: about 0.99, since flat patches, of which the divisor is √(σ² + ε),
/// cost less. Of pixels it is the mean patch.
public enum Baseline {
  /// The constant's error on hidden tokens of batches; nil for an objective that predicts no pixels.
  ///
  /// - Parameter batches: clips, and a mask for each of them.
  public static func loss(
    of batches: [(clips: ClipBatch, masks: [TokenMask])], by model: Model, on kernels: Kernels
  ) -> Double? {
    var (targets, width, isNormalized): ([Float], Int, Bool) = ([], 1, false)
    for (clips, masks) in batches {
      for index in clips.samples.indices where index < masks.count {
        let batch = Batch(model.source(clips[index]), masks: [masks[index]], samples: [clips.samples[index]])
        let pass = Pass(inferring: model.parameters, on: kernels)
        guard let found = model.objective.prediction(of: batch, in: pass) else { return nil }
        targets += found.targets.floats()
        (width, isNormalized) = (found.targets.width, found.isNormalized)
      }
    }
    guard !targets.isEmpty else { return nil }
    var means = [Double](repeating: 0, count: width)
    if !isNormalized {
      for (place, value) in targets.enumerated() { means[place % width] += Double(value) * Double(width) / Double(targets.count) }
    }
    var sum = 0.0
    for (place, value) in targets.enumerated() {
      let difference = Double(value) - means[place % width]
      sum += model.configuration.target.loss == .absolute ? abs(difference) : difference * difference
    }
    return sum / Double(targets.count)
  }
}

extension ClipBatch {
  /// One of its clips, as a batch.
  subscript(index: Int) -> ClipBatch {
    var shape = shape
    shape.samples = 1
    let count = shape.valuesPerSample
    return ClipBatch(shape: shape, pixels: Array(pixels[index * count..<(index + 1) * count]), samples: [samples[index]])
  }
}
