import MAECore
import MAEEngine
import MAEModels
import MAETraining

/// Attentive classifiers over the same frozen tokens, each with a rate and a weight decay of its own, trained side by side.
package final class AttentiveProbe {
  /// How one of them is trained.
  package struct Recipe: Hashable, Sendable {
    package var rate: Double
    package var weightDecay: Double

    /// What is tried; V-JEPA's rate and decays, and rates beside it for small sets.
    package static let sweep = [3e-4, 1e-3, 3e-3].flatMap { rate in [1e-3, 1e-2].map { Recipe(rate: rate, weightDecay: $0) } }
  }

  private static let epochs = 20.0
  private static let largestBatch = 64

  private struct Head {
    let classifier: AttentiveClassifier
    let parameters: ParameterStore
    let optimizer: AdamW
    let schedule: WarmupCosine
  }

  private let heads: [Head]
  private let width: Int
  private let classes: Int
  private let kernels: Kernels

  /// Trains one for each recipe: AdamW without decay of biases, norms and the query, cosine to zero.
  ///
  /// - Parameters:
  ///   - training: of each sample all tokens, one after the other.
  ///   - width: of a token; there is an attention head for every 64, as far as they divide it.
  package init(
    _ training: LabelledFeatures, width: Int, classes: Int, _ recipes: [Recipe], seed: UInt64, on kernels: Kernels
  ) {
    let count = training.count
    let batch = min(Self.largestBatch, max(min(count, 8), count / 16))
    let random = RandomStream(seed: seed)
    let attentionHeads = (1...max(1, width / 64)).last { width.isMultiple(of: $0) }!
    heads = recipes.map { recipe in
      let scope = ParameterScope()
      let classifier = AttentiveClassifier(width: width, heads: attentionHeads, classes: classes, in: scope)
      let parameters = ParameterStore(scope, seed: seed)
      return Head(
        classifier: classifier, parameters: parameters,
        optimizer: AdamW(
          OptimizerRecipe(
            baseLearningRate: recipe.rate, beta2: 0.999, weightDecay: recipe.weightDecay, undecayed: [.bias, .norm, .token]),
          for: parameters, on: kernels),
        schedule: WarmupCosine(peak: recipe.rate, epochs: Self.epochs, stepsPerEpoch: count / batch))
    }
    (self.width, self.classes, self.kernels) = (width, classes, kernels)
    var order: [Int] = []
    for step in 0..<heads[0].schedule.steps {
      let place = step % heads[0].schedule.stepsPerEpoch
      if place == 0 {
        var shuffle = random.fork("order", step)
        order = shuffle.permutation(count).map(Int.init)
      }
      let chosen = training[Array(order[place * batch..<(place + 1) * batch])]
      let tokens = kernels.tensor(chosen.values, [chosen.values.count / width, width])
      for head in heads {
        let tape = Tape(head.parameters, on: kernels)
        head.parameters.clearGradients()
        tape.backward(from: head.classifier(tape.constant(tokens), samples: batch).logits.crossEntropy(chosen.labels))
        head.parameters.completeGradients()
        head.optimizer.update(learningRate: head.schedule.rate(at: step))
      }
    }
  }

  /// Scores of each.
  package func scores(of samples: LabelledFeatures) -> [ClassScores] {
    heads.map { head in
      let values = stride(from: 0, to: samples.count, by: Self.largestBatch).flatMap { start -> [Float] in
        let part = samples[Array(start..<min(samples.count, start + Self.largestBatch))]
        let tape = Tape(head.parameters, on: kernels, recording: false)
        let tokens = tape.constant(kernels.tensor(part.values, [part.values.count / width, width]))
        return head.classifier(tokens, samples: part.count).logits.tensor.floats()
      }
      return ClassScores(values, classes: classes)
    }
  }
}
