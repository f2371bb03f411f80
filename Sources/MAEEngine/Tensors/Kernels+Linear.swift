import CKernels

extension Kernels {
  /// y = x · wᵀ + bias (+ residual): x `[rows, in]`, w `[out, in]`, bias `[out]`, y `[rows, out]`.
  func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, residual: Tensor? = nil) -> Tensor {
    let y = empty([x.rows, weight.rows])
    multiplyTransposed(x, weight, into: y)
    let width = y.width
    let output = y.pointer
    if let residual {
      precondition(residual.count == y.count, "linear: residual \(residual.shape) for \(y.shape)")
      let (residual, bias) = (residual.pointer, bias?.pointer)
      workers.forEachRange(y.rows, grain: rowGrain(width: width)) { range in
        let start = range.lowerBound * width
        unsafe mae_add_bias_residual(
          output.base + start, bias?.base, nil, residual.base + start, output.base + start, Int64(range.count), Int64(width))
      }
    } else if let bias {
      let bias = bias.pointer
      workers.forEachRange(y.rows, grain: rowGrain(width: width)) { range in
        unsafe mae_add_bias(
          output.base + range.lowerBound * width, bias.base, Int64(range.count), Int64(width), Int64(width))
      }
    }
    return y
  }

  /// h = x · wᵀ + bias and gelu(h).
  func linearGELU(_ x: Tensor, _ weight: Tensor, bias: Tensor) -> (preactivation: Tensor, output: Tensor) {
    let h = empty([x.rows, weight.rows])
    multiplyTransposed(x, weight, into: h)
    let y = empty(h.shape)
    let width = h.width
    let (preactivation, output, bias) = (h.pointer, y.pointer, bias.pointer)
    workers.forEachRange(h.rows, grain: rowGrain(width: width)) { range in
      let start = range.lowerBound * width
      unsafe mae_add_bias_gelu(
        preactivation.base + start, bias.base, output.base + start, Int64(range.count), Int64(width))
    }
    return (h, y)
  }

  /// gelu(h).
  func gelu(_ h: Tensor) -> Tensor {
    let y = empty(h.shape)
    let (from, to) = (h.pointer, y.pointer)
    workers.forEachRange(h.count, grain: elementGrain) { range in
      unsafe mae_gelu(from.base + range.lowerBound, to.base + range.lowerBound, Int64(range.count))
    }
    return y
  }

  /// Overwrites dy with dy · gelu'(h).
  func geluBackward(_ dy: Tensor, _ h: Tensor) {
    let (gradient, preactivation) = (dy.pointer, h.pointer)
    workers.forEachRange(dy.count, grain: elementGrain) { range in
      let start = range.lowerBound
      unsafe mae_gelu_backward(
        preactivation.base + start, gradient.base + start, gradient.base + start, Int64(range.count))
    }
  }

  /// sums += Σ over rows of x.
  func addColumnSums(_ x: Tensor, into sums: Tensor) {
    let (width, rows) = (x.width, x.rows)
    let (from, to) = (x.pointer, sums.pointer)
    workers.forEachRange(width, grain: 64) { range in
      unsafe mae_column_sums(
        from.base + range.lowerBound, Int64(rows), Int64(range.count), Int64(width), to.base + range.lowerBound)
    }
  }

  /// y += x.
  func add(_ x: Tensor, to y: Tensor) {
    precondition(x.count == y.count, "add: \(x.shape) to \(y.shape)")
    let (from, to) = (x.pointer, y.pointer)
    workers.forEachRange(x.count, grain: elementGrain) { range in
      unsafe mae_add(from.base + range.lowerBound, to.base + range.lowerBound, Int64(range.count))
    }
  }

  /// a + b.
  func sum(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.count == b.count, "sum: \(a.shape) and \(b.shape)")
    let y = empty(a.shape)
    let (first, second, to) = (a.pointer, b.pointer, y.pointer)
    workers.forEachRange(a.count, grain: elementGrain) { range in
      let start = range.lowerBound
      unsafe mae_sum(first.base + start, second.base + start, to.base + start, Int64(range.count))
    }
    return y
  }

  /// x *= factor.
  func scale(_ x: Tensor, by factor: Float) {
    let values = x.pointer
    workers.forEachRange(x.count, grain: elementGrain) { range in
      unsafe mae_scale(values.base + range.lowerBound, factor, Int64(range.count))
    }
  }
}

extension Kernels {
  /// residual + x · factor, factor `[width]`.
  func scaledSum(_ x: Tensor, _ factor: Tensor, _ residual: Tensor) -> Tensor {
    let y = empty(x.shape)
    let width = x.width
    let (from, scale, rest, to) = (x.pointer, factor.pointer, residual.pointer, y.pointer)
    workers.forEachRange(x.rows, grain: rowGrain(width: width)) { range in
      let start = range.lowerBound * width
      unsafe mae_add_bias_residual(
        from.base + start, nil, scale.base, rest.base + start, to.base + start, Int64(range.count), Int64(width))
    }
    return y
  }

  /// sums += Σ over rows of a · b, element by element.
  func addColumnProducts(_ a: Tensor, _ b: Tensor, into sums: Tensor) {
    let (width, rows) = (a.width, a.rows)
    let (first, second, to) = (a.pointer, b.pointer, sums.pointer)
    workers.forEachRange(width, grain: 64) { range in
      for row in 0..<rows {
        for column in range { unsafe to.base[column] += first.base[row * width + column] * second.base[row * width + column] }
      }
    }
  }

  /// Zeros in place.
  @discardableResult
  func cleared(_ x: Tensor) -> Tensor {
    unsafe x.pointer.base.update(repeating: 0, count: x.count)
    return x
  }
}
