extension Variable {
  /// Σ |prediction − target|ᵖ / divisor as one value; p = 2 (squared) or 1 (absolute).
  ///
  /// The gradient is computed together with the loss, so neither prediction nor target is kept.
  ///
  /// - Parameter overwriting: whether the gradient takes the prediction's place, which nobody may read then.
  public func pixelLoss(
    _ target: Tensor, _ kind: Kernels.PixelError, divisor: Double, overwriting: Bool = false
  ) -> Variable {
    let kernels = tape.kernels
    let gradient =
      tape.isRecording && id != nil ? (overwriting ? tensor.reshaped(rows, width) : kernels.empty([rows, width])) : nil
    let sum = kernels.pixelError(tensor, target, kind, factor: Float(1 / divisor), gradient: gradient)
    return tape.record(kernels.tensor([Float(sum / divisor)], [1]), needsGradient: gradient != nil) {
      PixelLossStep(prediction: id, gradient: gradient!)
    }
  }
}

private struct PixelLossStep: BackwardStep {
  let prediction: Variable.ID?
  let gradient: Tensor

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    if outputGradient.scalar != 1 { gradients.kernels.scale(gradient, by: outputGradient.scalar) }
    gradients.adopt(gradient, for: prediction)
  }
}
