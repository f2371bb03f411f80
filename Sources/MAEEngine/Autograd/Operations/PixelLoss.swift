extension Variable {
  /// Σ |prediction − target|ᵖ / divisor as one value; p = 2 (squared) or 1 (absolute).
  ///
  /// The gradient is computed together with the loss, so neither prediction nor target is kept.
  public func pixelLoss(_ target: Tensor, _ kind: Kernels.PixelError, divisor: Double) -> Variable {
    let gradient = tape.isRecording && id != nil ? tape.kernels.empty([rows, width]) : nil
    let sum = tape.kernels.pixelError(tensor, target, kind, factor: Float(1 / divisor), gradient: gradient)
    return recordLoss(sum / divisor, gradient)
  }

  /// The same where nobody looks at prediction or targets afterwards: the gradient takes the prediction's place, and targets
  /// are made as they are needed.
  public func pixelLoss(overwritingFor targets: PatchTargets, _ kind: Kernels.PixelError, divisor: Double) -> Variable {
    let sum = tape.kernels.pixelError(overwriting: tensor, targets, kind, factor: Float(1 / divisor))
    return recordLoss(sum / divisor, tape.isRecording && id != nil ? tensor.reshaped(rows, width) : nil)
  }

  private func recordLoss(_ loss: Double, _ gradient: Tensor?) -> Variable {
    tape.record(tape.kernels.tensor([Float(loss)], [1]), from: [self]) {
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
