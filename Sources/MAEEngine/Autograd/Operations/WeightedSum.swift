extension Variable {
  /// self + weight · other, for values of one shape such as the parts of a loss.
  public func adding(_ other: Variable, weight: Float) -> Variable {
    let kernels = tape.kernels
    let scaled = kernels.copy(other.tensor)
    if weight != 1 { kernels.scale(scaled, by: weight) }
    kernels.add(tensor, to: scaled)
    return tape.record(scaled, from: [self, other]) {
      WeightedSumStep(first: id, second: other.id, weight: weight)
    }
  }
}

private struct WeightedSumStep: BackwardStep {
  let first, second: Variable.ID?
  let weight: Float

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    if second != nil {
      let scaled = gradients.kernels.copy(outputGradient)
      if weight != 1 { gradients.kernels.scale(scaled, by: weight) }
      gradients.adopt(scaled, for: second)
    }
    gradients.adopt(outputGradient, for: first)
  }
}
