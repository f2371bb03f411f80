extension Variable {
  /// A loss that is the sum of the losses of parts of the rows, each computed forward and backward at once: what lies between
  /// the rows and the loss never exists for all rows, and what a part needs stays near the caches.
  ///
  /// Gradients of parameters are added to the store's when this is called; only that of the rows waits for backward.
  ///
  /// - Parameters:
  ///   - parts: consecutive ranges that cover the rows.
  ///   - scale: how often backward will count the loss; see ``Tape/backward(from:scale:)``.
  ///   - loss: the loss of some rows, one value, and the number of their part.
  public func streamedLoss(parts: [Range<Int>], scale: Float, _ loss: (_ rows: Variable, _ part: Int) -> Variable) -> Variable {
    let needsGradient = tape.isRecording && id != nil
    let gradient = needsGradient ? tape.kernels.empty([rows, width]) : nil
    var sum: Float = 0
    for (number, range) in parts.enumerated() {
      let part = Tape(tape.parameters, on: tape.kernels, recording: needsGradient)
      part.profile = tape.profile
      let leaf = part.leaf(tensor.rows(range))
      let value = loss(leaf, number)
      sum += value.tensor.scalar
      tape.flops += part.flops
      guard let gradient, let valueID = value.id, let leafID = leaf.id else { continue }
      let sink = part.backward(from: valueID, tape.kernels.tensor([scale], [1]))
      if let own = sink.take(leafID) {
        tape.kernels.copy(own, into: gradient.rows(range))
      } else {
        tape.kernels.cleared(gradient.rows(range))
      }
    }
    return tape.record(tape.kernels.tensor([sum], [1]), from: [self]) {
      StreamedLossStep(input: id, gradient: gradient!, scale: scale)
    }
  }
}

private struct StreamedLossStep: BackwardStep {
  let input: Variable.ID?
  let gradient: Tensor
  let scale: Float

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    precondition(outputGradient.scalar == scale, "streamedLoss: counted \(scale) times, then \(outputGradient.scalar) times")
    gradients.adopt(gradient, for: input)
  }
}
