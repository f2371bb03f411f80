import Foundation
import MAEEngine

/// Multinomial logistic regression on standardised features, as scikit-learn's `StandardScaler` and `LogisticRegression` have it:
/// `W` and `b` minimise `C · Σ −log softmax(W x + b)[label] + ½ ‖W‖²`.
package struct LogisticRegression {
  private let means, scales: [Double]
  private let classes: Int
  /// `[classes, width]`, then `[classes]`.
  private let solution: [Double]
  private let kernels: Kernels

  /// - Parameter inverseStrength: C; the smaller, the more the weights are held back.
  package init(_ training: LabelledFeatures, classes: Int, inverseStrength: Double = 1, on kernels: Kernels) {
    self.kernels = kernels
    self.classes = classes
    let means = training.means
    self.means = means
    scales = training.variances(around: means).map { $0 > 0 ? 1 / $0.squareRoot() : 1 }
    let (count, width, labels) = (training.count, training.width, training.labels)
    let x = kernels.tensor(training.scaled(means: means, scales: scales), [count, width])
    let weights = classes * width
    // The sum is divided by C · count, so that derivatives are comparable whatever the count.
    let decay = 1 / (inverseStrength * Double(count))
    solution = LBFGS().minimum(
      of: { place in
        var logits = Self.logits(x, place, classes, kernels)
        var value = 0.0
        var gradient = [Double](repeating: 0, count: place.count)
        for (row, label) in labels.enumerated() {
          let part = row * classes..<(row + 1) * classes
          value += Softmax.loss(at: part, of: &logits, label: label, gradientScale: 1 / Float(count))
          for index in part { gradient[weights + index - part.lowerBound] += Double(logits[index]) }
        }
        value /= Double(count)
        let slopes = kernels.product(kernels.tensor(logits, [count, classes]), aIsTransposed: true, x).floats()
        for index in 0..<weights {
          value += decay / 2 * place[index] * place[index]
          gradient[index] = Double(slopes[index]) + decay * place[index]
        }
        return (value, gradient)
      }, from: [Double](repeating: 0, count: weights + classes))
  }

  /// `W x + b`.
  package func scores(of samples: LabelledFeatures) -> ClassScores {
    let x = kernels.tensor(samples.scaled(means: means, scales: scales), [samples.count, samples.width])
    return ClassScores(Self.logits(x, solution, classes, kernels), classes: classes)
  }

  private static func logits(_ x: Tensor, _ place: [Double], _ classes: Int, _ kernels: Kernels) -> [Float] {
    let weights = kernels.tensor(place.prefix(classes * x.width).map(Float.init), [classes, x.width])
    var logits = kernels.product(x, weights, bIsTransposed: true).floats()
    let biases = place.suffix(classes).map(Float.init)
    for index in logits.indices { logits[index] += biases[index % classes] }
    return logits
  }
}
