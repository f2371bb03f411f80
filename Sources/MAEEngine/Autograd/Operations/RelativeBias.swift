extension Variable {
  /// Attention bias by relative position: `[heads, tokens, tokens]` from a table `[entries, heads]` and the table row of each
  /// pair of tokens (Bao et al. 2021, as SimMIM's ViT uses it).
  public func relativeBias(_ pairs: [Int32], tokens: Int) -> Variable {
    precondition(pairs.count == tokens * tokens, "relativeBias: \(pairs.count) pairs for \(tokens) tokens")
    let (table, heads) = (tensor.floats(), width)
    var bias = [Float](repeating: 0, count: heads * pairs.count)
    for (pair, row) in pairs.enumerated() {
      for head in 0..<heads { bias[head * pairs.count + pair] = table[Int(row) * heads + head] }
    }
    return tape.record(tape.kernels.tensor(bias, [heads, tokens, tokens]), from: [self]) {
      RelativeBiasStep(table: id, shape: [rows, heads], pairs: pairs)
    }
  }
}

private struct RelativeBiasStep: BackwardStep {
  let table: Variable.ID?
  let shape: [Int]
  let pairs: [Int32]

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let (gradient, heads) = (outputGradient.floats(), shape[1])
    var sums = [Float](repeating: 0, count: shape[0] * heads)
    for (pair, row) in pairs.enumerated() {
      for head in 0..<heads { sums[Int(row) * heads + head] += gradient[head * pairs.count + pair] }
    }
    gradients.adopt(gradients.kernels.tensor(sums, shape), for: table)
  }
}
