extension Variable {
  /// W₂ · gelu(W₁ · x + b₁) + b₂ (+ residual), with the exact error function: x and the result are `[rows, width]`.
  ///
  /// Backward keeps the values before the activation. Their slope is applied while the product that needs it is in the cache, and
  /// the activation is computed again in the same pass, in their place.
  public func feedForward(
    expand: (weight: Parameter, bias: Parameter), contract: (weight: Parameter, bias: Parameter), residual: Variable? = nil
  ) -> Variable {
    let kernels = tape.kernels
    let (preactivation, activation) = kernels.linearGELU(
      tensor, tape.value(of: expand.weight), bias: tape.value(of: expand.bias))
    let y = kernels.linear(
      activation, tape.value(of: contract.weight), bias: tape.value(of: contract.bias), residual: residual?.tensor)
    let parameters = [expand.weight, expand.bias, contract.weight, contract.bias]
    return tape.record(y, flops: 2 * preactivation.count * (width + y.width), from: [self, residual], parameters) {
      FeedForwardStep(
        input: id, rows: saved, shape: [rows, width], preactivation: preactivation, expand: expand, contract: contract,
        residual: residual?.id)
    }
  }
}

private struct FeedForwardStep: BackwardStep {
  let input: Variable.ID?
  let rows: SavedTensor
  let shape: [Int]
  let preactivation: Tensor
  let expand, contract: (weight: Parameter, bias: Parameter)
  let residual: Variable.ID?

  /// With h before and g after the activation: dh = (dy · W₂) ⊙ gelu'(h), dW₂ += dyᵀ · g, dW₁ += dhᵀ · x, dx = dh · W₁.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    let dy = outputGradient
    let dh = kernels.empty(preactivation.shape)
    kernels.compute(
      Product(a: dy, b: gradients.value(of: contract.weight), slopeOf: preactivation, activatesSlopeOf: true), into: dh,
      precision: kernels.precision)
    let activation = preactivation
    gradients.addWeightGradient(
      dy, activation, weight: ParameterSlice(contract.weight), bias: ParameterSlice(contract.bias))
    gradients.addWeightGradient(
      dh, rows.tensor().reshaped(to: shape), weight: ParameterSlice(expand.weight), bias: ParameterSlice(expand.bias))
    gradients.add(to: input, shape: shape) { destination, accumulate in
      kernels.compute(
        Product(a: dh, b: gradients.value(of: expand.weight), accumulate: accumulate), into: destination,
        precision: kernels.precision)
    }
    gradients.adopt(outputGradient, for: residual)
  }
}
