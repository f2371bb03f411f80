extension Variable {
  /// A residual with factor · x added to some of its rows: `y = residual`, `y[numbers[i]] += factor · x[i]`.
  ///
  /// - Precondition: one number for each row of x, all different.
  public func added(toRows numbers: [Int32], of residual: Variable, factor: Float) -> Variable {
    let kernels = tape.kernels
    let (y, scaled) = (kernels.copy(residual.tensor), kernels.copy(tensor))
    kernels.scale(scaled, by: factor)
    kernels.scatterAddRows(scaled, numbers, into: y)
    return tape.record(y, from: [self, residual]) {
      AddRowsStep(input: id, residual: residual.id, numbers: numbers, factor: factor)
    }
  }
}

private struct AddRowsStep: BackwardStep {
  let input, residual: Variable.ID?
  let numbers: [Int32]
  let factor: Float

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    if input != nil {
      let gradient = gradients.kernels.gatherRows(outputGradient, numbers)
      gradients.kernels.scale(gradient, by: factor)
      gradients.adopt(gradient, for: input)
    }
    gradients.adopt(outputGradient, for: residual)
  }
}
