import MAECore

/// What a classifier is to say of samples: a share for each class.
package enum SoftTargets {
  /// The class of each sample, with a part of the share spread over all classes: `[samples, classes]`.
  package static func smoothed(_ labels: [Int], classes: Int, smoothing: Double) -> [Float] {
    let off = smoothing / Double(classes)
    var targets = [Float](repeating: Float(off), count: labels.count * classes)
    for (sample, label) in labels.enumerated() { targets[sample * classes + label] = Float(1 - smoothing + off) }
    return targets
  }

  /// Targets of samples that are mixed with their partners.
  ///
  /// - Parameter mixings: one for each sample.
  package static func mixed(_ targets: [Float], classes: Int, _ mixings: [Mixing], in picture: FrameSize) -> [Float] {
    var result = targets
    for (sample, mixing) in mixings.enumerated() {
      let (own, partner) = (sample * classes, (mixings.count - 1 - sample) * classes)
      let share = mixing.share(in: picture)
      let (kept, taken) = (Float(share), Float(1 - share))
      for index in 0..<classes { result[own + index] = kept * targets[own + index] + taken * targets[partner + index] }
    }
    return result
  }
}
