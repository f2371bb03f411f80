import Foundation

extension Variable {
  /// Mean over the rows of `−log softmax(row)[label]`, as one value; rows hold a number per class.
  ///
  /// - Precondition: a label for each row, below ``width``.
  public func crossEntropy(_ labels: [Int]) -> Variable {
    precondition(labels.count == rows, "crossEntropy: \(labels.count) labels for \(rows) rows")
    return crossEntropy { place, values, scale in
      Softmax.loss(at: place, of: &values, label: labels[place.lowerBound / width], gradientScale: scale)
    }
  }

  /// Mean over the rows of `−Σ target · log softmax(row)`, as one value; both are `[rows, classes]`.
  ///
  /// - Precondition: as many targets as values, and those of a row add up to 1.
  public func crossEntropy(targets: [Float]) -> Variable {
    precondition(targets.count == tensor.count, "crossEntropy: \(targets.count) targets for \(shape)")
    return crossEntropy { place, values, scale in
      Softmax.loss(at: place, of: &values, targets: targets[place], gradientScale: scale)
    }
  }

  /// The gradient is computed together with the loss: `(softmax − target) / rows`.
  private func crossEntropy(_ loss: (_ row: Range<Int>, _ values: inout [Float], _ scale: Float) -> Double) -> Variable {
    var values = tensor.floats()
    var sum = 0.0
    for row in 0..<rows { sum += loss(row * width..<(row + 1) * width, &values, 1 / Float(rows)) }
    let gradient = tape.kernels.tensor(values, [rows, width])
    return tape.record(tape.kernels.tensor([Float(sum / Double(rows))], [1]), from: [self]) {
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
    let own = values[place.lowerBound + label]
    let logSum = scale(&values, at: place, by: gradientScale)
    values[place.lowerBound + label] -= gradientScale
    return logSum - Double(own)
  }

  /// −Σ target · log softmax(values at `place`) for targets that add up to 1; the values give way to their gradient,
  /// `gradientScale · (softmax − target)`.
  package static func loss(
    at place: Range<Int>, of values: inout [Float], targets: ArraySlice<Float>, gradientScale: Float
  ) -> Double {
    let pairs = zip(place, targets)
    let expected = pairs.reduce(0.0) { $0 + Double($1.1) * Double(values[$1.0]) }
    let logSum = scale(&values, at: place, by: gradientScale)
    for (index, target) in pairs { values[index] -= gradientScale * target }
    return logSum - expected
  }

  /// Replaces values by `factor · softmax`.
  ///
  /// - Returns: the logarithm of the sum of their exponentials.
  private static func scale(_ values: inout [Float], at place: Range<Int>, by factor: Float) -> Double {
    let largest = values[place].max()!
    var sum: Float = 0
    for index in place {
      values[index] = exp(values[index] - largest)
      sum += values[index]
    }
    let factor = factor / sum
    for index in place { values[index] *= factor }
    return log(Double(sum)) + Double(largest)
  }
}
