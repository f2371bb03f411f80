import CKernels

extension Kernels {
  /// Layer norm of every row; statistics `[rows, 2]` hold mean and 1/σ.
  func layerNorm(_ x: Tensor, scale: Tensor, shift: Tensor, epsilon: Float) -> (output: Tensor, statistics: Tensor) {
    let y = empty([x.rows, x.width])
    let statistics = empty([x.rows, 2])
    let width = x.width
    let (from, to, kept, scale, shift) = (x.pointer, y.pointer, statistics.pointer, scale.pointer, shift.pointer)
    let normalize = unsafe table.layer_norm
    workers.forEachRange(x.rows, grain: rowGrain(width: width)) { range in
      let start = range.lowerBound * width
      unsafe normalize(
        from.base + start, scale.base, shift.base, epsilon, to.base + start, kept.base + 2 * range.lowerBound,
        Int64(range.count), Int64(width))
    }
    return (y, statistics)
  }

  /// The output of ``layerNorm`` once more, from its statistics.
  func layerNormAgain(_ x: Tensor, statistics: Tensor, scale: Tensor, shift: Tensor) -> Tensor {
    let y = empty([x.rows, x.width])
    let width = x.width
    let (from, to, kept, scale, shift) = (x.pointer, y.pointer, statistics.pointer, scale.pointer, shift.pointer)
    let normalize = unsafe table.layer_norm_again
    workers.forEachRange(x.rows, grain: rowGrain(width: width)) { range in
      let start = range.lowerBound * width
      unsafe normalize(
        from.base + start, kept.base + 2 * range.lowerBound, scale.base, shift.base, to.base + start, Int64(range.count),
        Int64(width))
    }
    return y
  }

  /// dx (= or +=) the derivative; adds into the gradients of scale and shift.
  func layerNormBackward(
    _ dy: Tensor, _ x: Tensor, statistics: Tensor, scale: Tensor, into dx: Tensor, accumulate: Bool, scaleGradient: Tensor,
    shiftGradient: Tensor
  ) {
    let (width, rows) = (x.width, x.rows)
    // Sixteen partial sums whatever the number of threads: the result has the same bits on any machine.
    let grain = max(16, (rows + 15) / 16)
    let parts = (rows + grain - 1) / grain
    let partial = zeros([parts, 2 * width])
    let (gradient, input, kept, output) = (dy.pointer, x.pointer, statistics.pointer, dx.pointer)
    let (scale, sums, backward) = unsafe (scale.pointer, partial.pointer, table.layer_norm_backward)
    workers.forEachRange(rows, grain: grain) { range in
      let start = range.lowerBound * width
      let own = unsafe sums.base + range.lowerBound / grain * 2 * width
      unsafe backward(
        gradient.base + start, input.base + start, kept.base + 2 * range.lowerBound, scale.base, output.base + start,
        accumulate ? 1 : 0, own, own + width, Int64(range.count), Int64(width))
    }
    unsafe table.column_sums(sums.base, Int64(parts), Int64(width), Int64(2 * width), scaleGradient.pointer.base)
    unsafe table.column_sums(sums.base + width, Int64(parts), Int64(width), Int64(2 * width), shiftGradient.pointer.base)
  }
}
