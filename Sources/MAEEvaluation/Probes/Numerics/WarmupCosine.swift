import Foundation

/// A rate that rises linearly for some epochs and falls along half a cosine to zero, step by step (facebookresearch/mae,
/// `util/lr_sched.py`). The first step of a warm-up has the rate 0.
package struct WarmupCosine: Hashable, Sendable {
  package var peak: Double
  package var warmupEpochs: Double
  package var epochs: Double
  package var stepsPerEpoch: Int

  package init(peak: Double, warmupEpochs: Double = 0, epochs: Double, stepsPerEpoch: Int) {
    (self.peak, self.warmupEpochs, self.epochs, self.stepsPerEpoch) = (peak, warmupEpochs, epochs, stepsPerEpoch)
  }

  package var steps: Int { Int(epochs) * stepsPerEpoch }

  package func rate(at step: Int) -> Double {
    let epoch = Double(step) / Double(stepsPerEpoch)
    if epoch < warmupEpochs { return peak * epoch / warmupEpochs }
    return peak * 0.5 * (1 + cos(Double.pi * (epoch - warmupEpochs) / (epochs - warmupEpochs)))
  }
}
