extension Variable {
  /// residual + x · γ, γ a factor per channel (LayerScale, Touvron et al. 2021).
  public func scaled(by factor: Parameter, onto residual: Variable) -> Variable {
    let (kernels, gamma, x) = (tape.kernels, tape.value(of: factor), tensor)
    let y = kernels.scaledSum(x, gamma, residual.tensor)
    return tape.record(y, from: [self, residual], [factor]) {
      LayerScaleStep(input: id, residual: residual.id, rows: x, factor: factor)
    }
  }
}

private struct LayerScaleStep: BackwardStep {
  let input, residual: Variable.ID?
  let rows: Tensor
  let factor: Parameter

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    kernels.addColumnProducts(outputGradient, rows, into: gradients.gradient(of: factor))
    if input != nil {
      let zero = kernels.zeros(rows.shape)
      gradients.adopt(kernels.scaledSum(outputGradient, gradients.value(of: factor), zero), for: input)
    }
    gradients.adopt(outputGradient, for: residual)
  }
}
