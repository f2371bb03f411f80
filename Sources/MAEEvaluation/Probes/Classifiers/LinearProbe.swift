import MAECore
import MAEEngine

/// A linear classifier behind a batch norm without scale and shift (He et al. 2022, appendix A.1), trained on features that were
/// read once: there is no augmentation.
package struct LinearProbe {
  /// How it is trained.
  package struct Recipe: Hashable, Sendable {
    package var rule: LinearHeads.Rule
    /// For 256 samples; multiplied by batch ÷ 256.
    package var baseRate: Double
    package var largestBatch: Int
    /// Steps of an epoch, which smaller sets get by smaller batches; nil = as many as come.
    package var leastSteps: Int?
    package var epochs: Double
    package var warmupEpochs: Double

    /// Plain SGD, which arrives on small sets too.
    package static func sgd(baseRate: Double) -> Self {
      Self(rule: .momentum, baseRate: baseRate, largestBatch: 256, leastSteps: 8, epochs: 100, warmupEpochs: 0)
    }

    /// MAE's for ImageNet (facebookresearch/mae, `FINETUNE.md`): a step moves the weights by at most 0.001 · rate / 0.1 of their
    /// norm, which with batches of a few hundred gets nowhere within a few hundred steps.
    package static let mae = Self(
      rule: .lars, baseRate: 0.1, largestBatch: 16384, leastSteps: nil, epochs: 90, warmupEpochs: 10)

    /// Rates of ``sgd(baseRate:)`` that are tried.
    package static let rates = [0.01, 0.03, 0.1, 0.3, 1, 3]

    func batch(of count: Int) -> Int {
      guard let leastSteps else { return min(largestBatch, count) }
      return min(largestBatch, max(min(count, 16), count / leastSteps))
    }
  }

  private let normalization: BatchNormalization
  private let heads: LinearHeads
  private let kernels: Kernels

  /// Trains a head for each recipe in one pass.
  ///
  /// - Precondition: recipes differ in their rates alone.
  package init(_ training: LabelledFeatures, classes: Int, _ recipes: [Recipe], seed: UInt64, on kernels: Kernels) {
    let (recipe, count, width) = (recipes[0], training.count, training.width)
    let random = RandomStream(seed: seed)
    let batch = recipe.batch(of: count)
    let schedules = recipes.map {
      WarmupCosine(
        peak: $0.baseRate * Double(batch) / 256, warmupEpochs: $0.warmupEpochs, epochs: $0.epochs, stepsPerEpoch: count / batch)
    }
    var stream = random.fork("weights")
    var heads = LinearHeads(
      (0..<classes * width).map { _ in Float(0.01 * stream.truncatedNormal(cut: 200)) },
      biases: [Float](repeating: 0, count: classes), heads: recipes.count, rule: recipe.rule)
    var normalization = BatchNormalization(width: width)
    var order: [Int] = []
    for step in 0..<schedules[0].steps {
      let place = step % schedules[0].stepsPerEpoch
      if place == 0 {
        var shuffle = random.fork("order", step)
        order = shuffle.permutation(count).map(Int.init)
      }
      let rows = Array(order[place * batch..<(place + 1) * batch])
      let x = kernels.tensor(normalization.normalize(training, rows: rows), [batch, width])
      heads.update(
        heads.gradients(x, labels: rows.map { training.labels[$0] }, on: kernels), rates: schedules.map { $0.rate(at: step) })
    }
    (self.heads, self.normalization, self.kernels) = (heads, normalization, kernels)
  }

  /// Scores of each head.
  package func scores(of samples: LabelledFeatures) -> [ClassScores] {
    let x = kernels.tensor(normalization.normalized(samples), [samples.count, samples.width])
    let logits = heads.logits(x, on: kernels)
    return (0..<heads.heads).map { heads.scores(of: $0, in: logits) }
  }
}
