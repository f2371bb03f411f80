import CKernels

/// Where queries, keys and values stand: columns of one or two tensors with a row per token, sample after sample.
struct AttentionOperands {
  var query: Tensor
  var queryColumn = 0
  var keyValue: Tensor
  var keyColumn: Int
  var valueColumn: Int
  var samples: Int
  var heads: Int
  var headWidth: Int
  /// `[heads, queries, keys]`, shared by all samples; added to the scaled scores.
  var bias: Tensor?
  /// Of the probabilities.
  var dropout: Dropout?

  var queries: Int { query.rows / samples }
  var keys: Int { keyValue.rows / samples }
  var scale: Float { 1 / Float(headWidth).squareRoot() }
}

extension Kernels {
  /// Softmax attention per sample and head: output `[samples · queries, heads · headWidth]`, and the logarithm of each row's
  /// sum `[samples, heads, queries]`, from which backward rebuilds the probabilities block by block.
  func attention(_ operands: AttentionOperands) -> (output: Tensor, logSum: Tensor) {
    let width = operands.heads * operands.headWidth
    let output = empty([operands.query.rows, width])
    let logSum = empty([operands.samples, operands.heads, operands.queries])
    let layout = AttentionLayout(operands)
    let scratch = scratchForHeads(operands)
    let (to, kept, queries) = (output.pointer, logSum.pointer, operands.queries)
    let parts = operands.samples * operands.heads
    let (lanes, scratchFloats, room) = (scratch.rows, scratch.width, scratch.pointer)
    let forward = unsafe table.attention_forward
    workers.forEachPart(parts, lanes: lanes) { part, lane in
      let (sample, head) = (part / layout.heads, part % layout.heads)
      var description = unsafe layout.head(part, next: part + lanes)
      unsafe forward(
        &description, to.base + sample * queries * width + head * layout.headWidth, Int64(width),
        kept.base + part * queries, room.base + lane * scratchFloats)
    }
    return (output, logSum)
  }

  /// Writes the derivatives at the operands' columns of dQuery and dKeyValue, which may be the same tensor.
  func attentionBackward(
    _ operands: AttentionOperands, output: Tensor, logSum: Tensor, outputGradient: Tensor, into dQuery: Tensor,
    _ dKeyValue: Tensor, biasGradient: Tensor? = nil
  ) {
    let width = operands.heads * operands.headWidth
    let layout = AttentionLayout(operands)
    let scratch = scratchForHeads(operands)
    let (out, dOut, kept) = (output.pointer, outputGradient.pointer, logSum.pointer)
    let (dq, dkv, dBias) = (dQuery.pointer, dKeyValue.pointer, biasGradient?.pointer)
    let (dqStride, dkvStride) = (dQuery.width, dKeyValue.width)
    let (queries, keys, samples) = (operands.queries, operands.keys, operands.samples)
    let (qColumn, kColumn, vColumn) = (operands.queryColumn, operands.keyColumn, operands.valueColumn)
    let (lanes, scratchFloats, room) = (scratch.rows, scratch.width, scratch.pointer)
    let backward = unsafe table.attention_backward
    // A unit is a whole head if there is a bias: its gradient, which all samples share, is then summed in a fixed order.
    let units = dBias == nil ? samples * layout.heads : layout.heads
    workers.forEachPart(units, lanes: lanes) { unit, lane in
      for part in stride(from: unit, to: samples * layout.heads, by: units) {
        let (sample, head) = (part / layout.heads, part % layout.heads)
        var description = unsafe layout.head(part, next: part + (dBias == nil ? lanes : units))
        let outOffset = sample * queries * width + head * layout.headWidth
        let qOffset = sample * queries * dqStride + head * layout.headWidth + qColumn
        let kvOffset = sample * keys * dkvStride + head * layout.headWidth
        var derivatives = unsafe mae_attention_gradients(
          o: out.base + outOffset, d_o: dOut.base + outOffset, o_stride: Int64(width), log_sum: kept.base + part * queries,
          dq: dq.base + qOffset, dk: dkv.base + kvOffset + kColumn, dv: dkv.base + kvOffset + vColumn,
          dq_stride: Int64(dqStride), dk_stride: Int64(dkvStride), dv_stride: Int64(dkvStride),
          bias_gradient: dBias.map { unsafe $0.base + head * queries * keys })
        unsafe backward(&description, &derivatives, room.base + lane * scratchFloats)
      }
    }
  }

  /// Softmax weights per sample and head, `[samples · heads · queries, keys]`.
  func attentionWeights(_ operands: AttentionOperands) -> Tensor {
    let parts = operands.samples * operands.heads
    let weights = empty([parts * operands.queries, operands.keys])
    let (layout, to, write) = unsafe (AttentionLayout(operands), weights.pointer, table.attention_weights)
    let size = operands.queries * operands.keys
    workers.forEachPart(parts) { part in
      var description = unsafe layout.head(part, next: nil)
      unsafe write(&description, to.base + part * size)
    }
    return weights
  }

  private func scratchForHeads(_ operands: AttentionOperands) -> Tensor {
    let floats = Int(
      unsafe table.attention_scratch(Int64(operands.queries), Int64(operands.keys), Int64(operands.headWidth)))
    let lanes = min(threads, operands.samples * operands.heads)
    return empty([max(1, lanes), (max(16, floats) + 15) / 16 * 16])
  }
}

/// The operands as pointers, for one head at a time.
@safe private struct AttentionLayout: @unchecked Sendable {
  // Read-only while the tensors live, which the caller sees to.
  let query, key, value: UnsafeMutablePointer<Float>
  let bias: UnsafeMutablePointer<Float>?
  let queryStride, keyStride, queries, keys, samples, heads, headWidth: Int
  let scale: Float
  let dropout: Dropout?

  init(_ operands: AttentionOperands) {
    unsafe query = operands.query.pointer.base + operands.queryColumn
    unsafe key = operands.keyValue.pointer.base + operands.keyColumn
    unsafe value = operands.keyValue.pointer.base + operands.valueColumn
    unsafe bias = operands.bias?.pointer.base
    queryStride = operands.query.width
    keyStride = operands.keyValue.width
    queries = operands.queries
    keys = operands.keys
    samples = operands.samples
    heads = operands.heads
    headWidth = operands.headWidth
    scale = operands.scale
    dropout = operands.dropout
  }

  /// Head `part % heads` of sample `part / heads`. `next` is the part that the same thread works on next: a guess, since lanes
  /// take parts as they get free, but parts are equally long. Wrong, it costs a few lines of cache.
  func head(_ part: Int, next: Int?) -> mae_attention_head {
    let (sample, head) = (part / heads, part % heads)
    let column = head * headWidth
    let following = next.flatMap { $0 < samples * heads ? $0 : nil } ?? part
    return unsafe mae_attention_head(
      q: query + sample * queries * queryStride + column, k: key + sample * keys * keyStride + column,
      v: value + sample * keys * keyStride + column, q_stride: Int64(queryStride), k_stride: Int64(keyStride),
      v_stride: Int64(keyStride), queries: Int64(queries), keys: Int64(keys), head_width: Int64(headWidth), scale: scale,
      bias: bias.map { unsafe $0 + head * queries * keys }, bias_stride: Int64(keys),
      dropout: dropout?.values(part: part) ?? mae_dropout(), next_sample: Int64(following / heads - sample),
      next_column: Int64((following % heads - head) * headWidth))
  }
}
