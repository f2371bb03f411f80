extension Variable {
  /// y = x · wᵀ + bias (+ residual): x `[rows, in]`, w `[out, in]`, y `[rows, out]`.
  public func linear(_ weight: ParameterSlice, bias: ParameterSlice?, residual: Variable? = nil) -> Variable {
    let kernels = tape.kernels
    let y = kernels.linear(
      tensor, tape.value(of: weight), bias: bias.map(tape.value(of:)), residual: residual?.tensor)
    return tape.record(y, flops: 2 * y.count * width) {
      LinearStep(input: id, rows: saved, shape: [rows, width], weight: weight, bias: bias, residual: residual?.id)
    }
  }

  /// gelu(x · wᵀ + bias) with the exact error function.
  ///
  /// Backward keeps the value before the activation and computes the activation again.
  public func linearGELU(_ weight: ParameterSlice, bias: ParameterSlice) -> Variable {
    let kernels = tape.kernels
    let (preactivation, y) = kernels.linearGELU(tensor, tape.value(of: weight), bias: tape.value(of: bias))
    return tape.record(y, flops: 2 * y.count * width, saved: .rebuilt { kernels.gelu(preactivation) }) {
      LinearStep(
        input: id, rows: saved, shape: [rows, width], weight: weight, bias: bias, residual: nil,
        preactivation: preactivation)
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
  var preactivation: Tensor?

  /// dx = dy · w, dw += dyᵀ · x, db += Σ dy; the residual's gradient is dy itself.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    let dy = outputGradient.reshaped(outputGradient.count / weight.range.count, weight.range.count)
    if let preactivation { kernels.geluBackward(dy, preactivation) }
    gradients.add(to: weight) { destination, accumulate in
      kernels.multiplyTransposedLeft(dy, rows.tensor().reshaped(to: shape), into: destination, accumulate: accumulate)
    }
    if let bias { gradients.addColumnSums(dy, to: bias) }
    gradients.add(to: input, shape: shape) { destination, accumulate in
      kernels.multiply(
        dy, gradients.value(of: weight), into: destination.reshaped(to: shape), accumulate: accumulate)
    }
    if residual != nil { gradients.adopt(outputGradient, for: residual) }
  }
}
