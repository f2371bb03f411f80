import Foundation
import MAEEngine

/// Linear classifiers over the same features, trained side by side with a rate of their own each: one product serves all.
///
/// Parameters of head *h* and class *c* stand at row `h · classes + c`.
package struct LinearHeads {
  /// How gradients change parameters.
  package enum Rule: Hashable, Sendable {
    /// `m ← 0.9 m + g`, `p ← p − rate · m`.
    case momentum
    /// The same after `g ← g · 0.001 ‖W‖ / ‖g‖` for weights, where neither norm is zero; biases take the full rate
    /// (You et al. 2017; facebookresearch/mae, `util/lars.py`).
    case lars
  }

  /// Derivatives of each head's own loss.
  package struct Gradients {
    /// Mean cross-entropy of each head.
    package var losses: [Double]
    package var weights: [Float]
    package var biases: [Float]
  }

  package let classes, width, heads: Int
  private let rule: Rule
  private let weightDecay: Double
  /// `[heads · classes, width]`
  package private(set) var weights: [Float]
  /// `[heads · classes]`
  package private(set) var biases: [Float]
  package private(set) var weightMomenta: [Float]
  package private(set) var biasMomenta: [Float]

  /// Heads that all start from the same numbers.
  ///
  /// - Parameter weights: `[classes, width]`
  package init(_ weights: [Float], biases: [Float], heads: Int, rule: Rule, weightDecay: Double = 0) {
    (classes, width, self.heads) = (biases.count, weights.count / biases.count, heads)
    (self.rule, self.weightDecay) = (rule, weightDecay)
    self.weights = Array(repeatElement(weights, count: heads).joined())
    self.biases = Array(repeatElement(biases, count: heads).joined())
    weightMomenta = [Float](repeating: 0, count: self.weights.count)
    biasMomenta = [Float](repeating: 0, count: self.biases.count)
  }

  /// `[rows, heads · classes]` of normalised features `[rows, width]`.
  package func logits(_ x: Tensor, on kernels: Kernels) -> [Float] {
    let matrix = kernels.tensor(weights, [heads * classes, width])
    var logits = kernels.product(x, matrix, bIsTransposed: true).floats()
    for row in 0..<x.rows {
      let start = row * biases.count
      for column in biases.indices { logits[start + column] += biases[column] }
    }
    return logits
  }

  /// - Parameter labels: one for each row of x.
  package func gradients(_ x: Tensor, labels: [Int], on kernels: Kernels) -> Gradients {
    var slopes = logits(x, on: kernels)
    var losses = [Double](repeating: 0, count: heads)
    var biasGradients = [Float](repeating: 0, count: biases.count)
    for (row, label) in labels.enumerated() {
      for head in 0..<heads {
        let start = (row * heads + head) * classes
        losses[head] +=
          Softmax.loss(at: start..<start + classes, of: &slopes, label: label, gradientScale: 1 / Float(labels.count))
          / Double(labels.count)
      }
      for column in biases.indices { biasGradients[column] += slopes[row * biases.count + column] }
    }
    let matrix = kernels.product(kernels.tensor(slopes, [labels.count, biases.count]), aIsTransposed: true, x)
    return Gradients(losses: losses, weights: matrix.floats(), biases: biasGradients)
  }

  /// - Parameter rates: one for each head.
  package mutating func update(_ gradients: Gradients, rates: [Double]) {
    for head in 0..<heads {
      let (rate, rows) = (Float(rates[head]), head * classes..<(head + 1) * classes)
      let place = rows.lowerBound * width..<rows.upperBound * width
      var trust = 1.0
      let decay = Float(weightDecay)
      if rule == .lars {
        var (size, slope) = (0.0, 0.0)
        for index in place {
          let gradient = Double(gradients.weights[index] + decay * weights[index])
          size += Double(weights[index]) * Double(weights[index])
          slope += gradient * gradient
        }
        if size > 0, slope > 0 { trust = 0.001 * (size / slope).squareRoot() }
      }
      for index in place {
        weightMomenta[index] = 0.9 * weightMomenta[index] + Float(trust) * (gradients.weights[index] + decay * weights[index])
        weights[index] -= rate * weightMomenta[index]
      }
      for index in rows {
        biasMomenta[index] = 0.9 * biasMomenta[index] + gradients.biases[index]
        biases[index] -= rate * biasMomenta[index]
      }
    }
  }

  /// Scores of one head among logits of all.
  package func scores(of head: Int, in logits: [Float]) -> ClassScores {
    let perRow = heads * classes
    return ClassScores(
      stride(from: head * classes, to: logits.count, by: perRow).flatMap { logits[$0..<$0 + classes] }, classes: classes)
  }
}
