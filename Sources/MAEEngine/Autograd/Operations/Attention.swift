extension Variable {
  /// Softmax attention within each sample; rows hold query, key and value side by side, `[samples · tokens, 3 · width]`.
  ///
  /// - Parameters:
  ///   - bias: `[heads, tokens, tokens]`, added to the scaled scores.
  ///   - dropout: of the probabilities.
  public func selfAttention(samples: Int, heads: Int, bias: Variable? = nil, dropout: Dropout? = nil) -> Variable {
    let width = self.width / 3
    return attend(
      AttentionOperands(
        query: tensor, keyValue: tensor, keyColumn: width, valueColumn: 2 * width, samples: samples, heads: heads,
        headWidth: width / heads, bias: bias?.tensor, dropout: dropout), keyValue: nil, bias: bias)
  }

  /// Softmax attention of queries `[samples · queries, width]` over keys and values `[samples · keys, 2 · width]`.
  public func attention(
    over keyValue: Variable, samples: Int, heads: Int, bias: Variable? = nil, dropout: Dropout? = nil
  ) -> Variable {
    attend(
      AttentionOperands(
        query: tensor, keyValue: keyValue.tensor, keyColumn: 0, valueColumn: width, samples: samples, heads: heads,
        headWidth: width / heads, bias: bias?.tensor, dropout: dropout), keyValue: keyValue, bias: bias)
  }

  /// The weights of attention of queries `[samples · queries, width]` over keys `[samples · keys, width]`:
  /// `[samples · heads · queries, keys]`, each row adding up to 1. Nothing is recorded.
  ///
  /// - Parameter bias: `[heads, queries, keys]`, added to the scaled scores.
  public func attentionWeights(over keys: Variable, samples: Int, heads: Int, bias: Variable? = nil) -> Tensor {
    tape.kernels.attentionWeights(
      AttentionOperands(
        query: tensor, keyValue: keys.tensor, keyColumn: 0, valueColumn: 0, samples: samples, heads: heads,
        headWidth: width / heads, bias: bias?.tensor))
  }

  /// - Parameter keyValue: nil if the rows that hold the queries also hold keys and values.
  private func attend(_ operands: AttentionOperands, keyValue: Variable?, bias: Variable?) -> Variable {
    let (output, logSum) = tape.kernels.attention(operands)
    return tape.record(output, flops: 4 * output.count * operands.keys, from: [self, keyValue, bias]) {
      AttentionStep(
        query: id, keyValue: keyValue?.id, sharesRows: keyValue == nil, bias: bias?.id, operands: operands, output: output,
        logSum: logSum)
    }
  }
}

private struct AttentionStep: BackwardStep {
  let query, keyValue: Variable.ID?
  /// Whether keys and values stand in the rows of the queries, which then have one gradient.
  let sharesRows: Bool
  let bias: Variable.ID?
  let operands: AttentionOperands
  let output: Tensor
  let logSum: Tensor

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    let dQuery = kernels.empty(operands.query.shape)
    let dKeyValue = sharesRows ? dQuery : kernels.empty(operands.keyValue.shape)
    let dBias = bias.map { _ in kernels.zeros(operands.bias!.shape) }
    kernels.attentionBackward(
      operands, output: output, logSum: logSum, outputGradient: outputGradient, into: dQuery, dKeyValue,
      biasGradient: dBias)
    gradients.adopt(dQuery, for: query)
    if !sharesRows { gradients.adopt(dKeyValue, for: keyValue) }
    if let dBias { gradients.adopt(dBias, for: bias) }
  }
}
