extension Tape {
  /// Runs a block without keeping what its derivative needs; backward runs it once more (Chen et al. 2016).
  ///
  /// Memory for time: only the block's inputs are kept. The block must compute the same value each time.
  public func recompute(_ inputs: Variable..., block: @escaping ([Variable]) -> Variable) -> Variable {
    guard isRecording else { return block(inputs) }
    let trial = Tape(parameters, on: kernels, recording: false)
    let output = block(inputs.map { trial.constant($0.tensor) })
    let flops = trial.flops
    let needsGradient = trial.needsGradient || inputs.contains { $0.id != nil }
    return record(output.tensor, flops: flops, needsGradient: needsGradient) {
      RecomputeStep(inputs: inputs.map { ($0.id, $0.tensor) }, block: block, parameters: parameters)
    }
  }
}

private struct RecomputeStep: BackwardStep {
  let inputs: [(id: Variable.ID?, tensor: Tensor)]
  let block: ([Variable]) -> Variable
  let parameters: ParameterStore

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let tape = Tape(parameters, on: gradients.kernels)
    let leaves = inputs.map { $0.id == nil ? tape.constant($0.tensor) : tape.leaf($0.tensor) }
    guard let id = block(leaves).id else { return }
    // What has been collected for the inputs is added to in the same order as without recomputation: the same bits.
    let collected = zip(inputs, leaves).compactMap { input, leaf in
      leaf.id.flatMap { leafID in input.id.flatMap(gradients.take).map { (id: leafID, gradient: $0) } }
    }
    let inner = tape.backward(from: id, outputGradient, addingTo: collected)
    for (input, leaf) in zip(inputs, leaves) {
      if let leafID = leaf.id, let gradient = inner.take(leafID) { gradients.adopt(gradient, for: input.id) }
    }
  }
}
