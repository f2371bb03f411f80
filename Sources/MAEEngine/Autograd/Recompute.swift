extension Tape {
  /// Runs a block without keeping what its derivative needs; backward runs it once more (Chen et al. 2016).
  ///
  /// Memory for time: only the block's input is kept. The block must compute the same value each time.
  public func recompute(_ input: Variable, _ block: @escaping (Variable) -> Variable) -> Variable {
    guard isRecording else { return block(input) }
    let trial = Tape(parameters, on: kernels, recording: false)
    let output = block(trial.constant(input.tensor))
    let flops = trial.flops
    return record(output.tensor, flops: flops) {
      RecomputeStep(input: input.id, tensor: input.tensor, block: block, parameters: parameters)
    }
  }
}

private struct RecomputeStep: BackwardStep {
  let input: Variable.ID?
  let tensor: Tensor
  let block: (Variable) -> Variable
  let parameters: ParameterStore

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let tape = Tape(parameters, on: gradients.kernels)
    let leaf = tape.leaf(tensor)
    let output = block(leaf)
    guard let id = output.id, let leafID = leaf.id else { return }
    let inner = tape.backward(from: id, outputGradient)
    if let gradient = inner.take(leafID) { gradients.adopt(gradient, for: input) }
  }
}
