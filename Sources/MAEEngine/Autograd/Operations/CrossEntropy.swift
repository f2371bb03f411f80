import Foundation

extension Variable {
  /// Mean over the rows of `−log softmax(row)[label]`, as one value; rows hold a number per class.
  ///
  /// The gradient is computed together with the loss: `(softmax − one-hot) / rows`.
  ///
  /// - Precondition: a label for each row, below ``width``.
  public func crossEntropy(_ labels: [Int]) -> Variable {
    precondition(labels.count == rows, "crossEntropy: \(labels.count) labels for \(rows) rows")
    var values = tensor.floats()
    var loss = 0.0
    for (row, label) in labels.enumerated() {
      loss += Softmax.loss(at: row * width..<(row + 1) * width, of: &values, label: label, gradientScale: 1 / Float(rows))
    }
    let gradient = tape.kernels.tensor(values, [rows, width])
    return tape.record(tape.kernels.tensor([Float(loss / Double(rows))], [1]), from: [self]) {
      CrossEntropyStep(logits: id, gradient: gradient)
    }
  }
}

private struct CrossEntropyStep: BackwardStep {
  let logits: Variable.ID?
  let gradient: Tensor

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    if outputGradient.scalar != 1 { gradients.kernels.scale(gradient, by: outputGradient.scalar) }
    gradients.adopt(gradient, for: logits)
  }
}

/// The loss of a classifier: cross-entropy of a softmax over a number per class.
package enum Softmax {
  /// −log softmax(values at `place`)[label]; the values give way to their gradient, `gradientScale · (softmax − one-hot)`.
  package static func loss(
    at place: Range<Int>, of values: inout [Float], label: Int, gradientScale: Float
  ) -> Double {
    precondition((0..<place.count).contains(label), "Softmax: label \(label) of \(place.count) classes")
    let largest = values[place].max()!
    let own = values[place.lowerBound + label]
    var sum: Float = 0
    for index in place {
      values[index] = exp(values[index] - largest)
      sum += values[index]
    }
    let factor = gradientScale / sum
    for index in place { values[index] *= factor }
    values[place.lowerBound + label] -= gradientScale
    return log(Double(sum)) + Double(largest) - Double(own)
  }
}
