extension Variable {
  /// gelu(x) = x · Φ(x) with the exact error function; where nothing stands between it and two linear maps,
  /// ``feedForward(expand:contract:residual:)`` is faster.
  public func gelu() -> Variable {
    let x = tensor
    return tape.record(tape.kernels.gelu(x), from: [self]) { GELUStep(input: id, rows: x) }
  }
}

private struct GELUStep: BackwardStep {
  let input: Variable.ID?
  let rows: Tensor

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    guard input != nil else { return }
    gradients.adopt(gradients.kernels.geluGradient(rows, outputGradient), for: input)
  }
}
