extension Variable {
  /// y = x · wᵀ + bias (+ residual): x `[rows, in]`, w `[out, in]`, y `[rows, out]`.
  public func linear(_ weight: ParameterSlice, bias: ParameterSlice?, residual: Variable? = nil) -> Variable {
    let kernels = tape.kernels
    let y = kernels.linear(
      tensor, tape.value(of: weight), bias: bias.map(tape.value(of:)), residual: residual?.tensor)
    return tape.record(y, flops: 2 * y.count * width, from: [self, residual], [weight.parameter, bias?.parameter]) {
      LinearStep(input: id, rows: saved, shape: [rows, width], weight: weight, bias: bias, residual: residual?.id)
    }
  }
}

private struct LinearStep: BackwardStep {
  let input: Variable.ID?
  let rows: SavedTensor
  let shape: [Int]
  let weight: ParameterSlice
  let bias: ParameterSlice?
  let residual: Variable.ID?

  /// dx = dy · w, dw += dyᵀ · x, db += Σ dy; the residual's gradient is dy itself.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let dy = outputGradient.reshaped(outputGradient.count / weight.range.count, weight.range.count)
    gradients.addWeightGradient(dy, rows.tensor().reshaped(to: shape), weight: weight, bias: bias)
    gradients.add(to: input, shape: shape) { destination, accumulate in
      gradients.kernels.compute(
        Product(a: dy, b: gradients.value(of: weight), accumulate: accumulate), into: destination,
        precision: gradients.kernels.precision)
    }
    if residual != nil { gradients.adopt(outputGradient, for: residual) }
  }
}
