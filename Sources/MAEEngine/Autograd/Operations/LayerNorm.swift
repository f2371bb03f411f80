extension Variable {
  /// Normalizes each row to mean 0 and variance 1, then scales and shifts: `y = (x − μ) / √(σ² + ε) · γ + β`.
  ///
  /// Backward keeps the rows and their statistics; whoever needs the output computes it again.
  public func layerNorm(scale: Parameter, shift: Parameter, epsilon: Float) -> Variable {
    let (kernels, x) = (tape.kernels, tensor)
    let (gamma, beta) = (tape.value(of: scale), tape.value(of: shift))
    let (output, statistics) = kernels.layerNorm(x, scale: gamma, shift: beta, epsilon: epsilon)
    let again = SavedTensor.rebuilt {
      kernels.layerNormAgain(x, statistics: statistics, scale: gamma, shift: beta)
    }
    return tape.record(output, from: [self], [scale, shift], saved: again) {
      LayerNormStep(input: id, rows: x, statistics: statistics, scale: scale, shift: shift)
    }
  }
}

private struct LayerNormStep: BackwardStep {
  let input: Variable.ID?
  let rows: Tensor
  let statistics: Tensor  // [rows, 2]: mean and 1/σ
  let scale, shift: Parameter

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let (scaleGradient, shiftGradient) = (gradients.gradient(of: scale), gradients.gradient(of: shift))
    // Without a taker for dx the pass still has to run for scale and shift.
    let write = { (destination: Tensor, accumulate: Bool) in
      gradients.kernels.layerNormBackward(
        outputGradient, rows, statistics: statistics, scale: gradients.value(of: scale), into: destination,
        accumulate: accumulate, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
    }
    if input == nil {
      write(gradients.kernels.empty(rows.shape), false)
    } else {
      gradients.add(to: input, shape: rows.shape, write)
    }
  }
}
