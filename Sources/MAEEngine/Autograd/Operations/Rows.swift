extension Variable {
  /// The rows with these numbers, in this order; a row may be taken several times. Who needs them in backward takes them again.
  public func rows(_ numbers: [Int32]) -> Variable {
    let (kernels, all) = (tape.kernels, saved)
    let again = SavedTensor.rebuilt { kernels.gatherRows(all.tensor(), numbers) }
    return tape.record(kernels.gatherRows(tensor, numbers), from: [self], saved: again) {
      RowsStep(input: id, shape: [rows, width], numbers: numbers)
    }
  }

  /// Consecutive rows, which share the memory of all.
  public func rows(_ range: Range<Int>) -> Variable {
    tape.record(tensor.rows(range), from: [self]) { RowRangeStep(input: id, shape: [rows, width], range: range) }
  }
}

private struct RowsStep: BackwardStep {
  let input: Variable.ID?
  let shape: [Int]
  let numbers: [Int32]

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    gradients.add(to: input, shape: shape) { destination, accumulate in
      if !accumulate { gradients.kernels.cleared(destination) }
      gradients.kernels.scatterAddRows(outputGradient, numbers, into: destination)
    }
  }
}

private struct RowRangeStep: BackwardStep {
  let input: Variable.ID?
  let shape: [Int]
  let range: Range<Int>

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    gradients.add(to: input, shape: shape) { destination, accumulate in
      if !accumulate { gradients.kernels.cleared(destination) }
      gradients.kernels.add(outputGradient, to: destination.rows(range))
    }
  }
}
