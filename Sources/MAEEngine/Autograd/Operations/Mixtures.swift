extension Variable {
  /// Weighted sums of values of one shape: the j-th is Σ_i w[j, i] · values[i].
  ///
  /// Values are `[rows, width]`, w `[sums, values]`; the sums stand one below the other, `[sums · rows, width]`.
  ///
  /// - Precondition: a column of w for each value.
  public static func mixtures(of values: [Variable], by weights: Parameter) -> Variable {
    let (tape, rows, width) = (values[0].tape, values[0].rows, values[0].width)
    precondition(weights.width == values.count, "mixtures: \(values.count) values, weights \(weights.shape)")
    let tensors = values.map(\.tensor)
    let sums = tape.kernels.product(tape.value(of: weights), tape.kernels.stacked(tensors))
    return tape.record(
      sums.reshaped(weights.rows * rows, width), flops: 2 * sums.count * values.count, from: values, [weights]
    ) { MixturesStep(inputs: values.map(\.id), values: tensors, weights: weights) }
  }
}

private struct MixturesStep: BackwardStep {
  let inputs: [Variable.ID?]
  let values: [Tensor]
  let weights: Parameter

  /// With values and sums as the rows X and Y of matrices: dX = wᵀ · dY, dw += dY · Xᵀ.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    let dy = outputGradient.reshaped(weights.rows, values[0].count)
    kernels.compute(
      Product(a: dy, b: kernels.stacked(values), bIsTransposed: true, accumulate: true), into: gradients.gradient(of: weights))
    guard inputs.contains(where: { $0 != nil }) else { return }
    let dx = kernels.product(gradients.value(of: weights), aIsTransposed: true, dy)
    for (index, input) in inputs.enumerated() {
      gradients.adopt(dx.values(index * dy.width..<(index + 1) * dy.width, shape: values[index].shape), for: input)
    }
  }
}
