import CKernels

extension Kernels {
  /// y = x · wᵀ + bias (+ residual): x `[rows, in]`, w `[out, in]`, bias `[out]`, y `[rows, out]`.
  func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, residual: Tensor? = nil) -> Tensor {
    let y = empty([x.rows, weight.rows])
    compute(Product(a: x, b: weight, bIsTransposed: true, bias: bias, residual: residual), into: y, precision: precision)
    return y
  }

  /// h = x · wᵀ + bias and gelu(h).
  func linearGELU(_ x: Tensor, _ weight: Tensor, bias: Tensor) -> (preactivation: Tensor, output: Tensor) {
    let (h, y) = (empty([x.rows, weight.rows]), empty([x.rows, weight.rows]))
    compute(Product(a: x, b: weight, bIsTransposed: true, bias: bias, activated: y), into: h, precision: precision)
    return (h, y)
  }

  /// gelu(h).
  func gelu(_ h: Tensor) -> Tensor {
    let y = empty(h.shape)
    let (from, to, gelu) = unsafe (h.pointer, y.pointer, table.gelu)
    workers.forEachRange(h.count, grain: elementGrain) { range in
      unsafe gelu(from.base + range.lowerBound, to.base + range.lowerBound, Int64(range.count))
    }
    return y
  }

  /// dy · gelu'(h).
  func geluGradient(_ h: Tensor, _ dy: Tensor) -> Tensor {
    let dh = empty(h.shape)
    let (from, slope, to, backward) = unsafe (h.pointer, dy.pointer, dh.pointer, table.gelu_backward)
    workers.forEachRange(h.count, grain: elementGrain) { range in
      unsafe backward(
        from.base + range.lowerBound, slope.base + range.lowerBound, to.base + range.lowerBound, Int64(range.count))
    }
    return dh
  }

  /// y += x.
  func add(_ x: Tensor, to y: Tensor) {
    precondition(x.count == y.count, "add: \(x.shape) to \(y.shape)")
    let (from, to, add) = unsafe (x.pointer, y.pointer, table.add)
    workers.forEachRange(x.count, grain: elementGrain) { range in
      unsafe add(from.base + range.lowerBound, to.base + range.lowerBound, Int64(range.count))
    }
  }

  /// a + b.
  func sum(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.count == b.count, "sum: \(a.shape) and \(b.shape)")
    let y = empty(a.shape)
    let (first, second, to, sum) = unsafe (a.pointer, b.pointer, y.pointer, table.sum)
    workers.forEachRange(a.count, grain: elementGrain) { range in
      let start = range.lowerBound
      unsafe sum(first.base + start, second.base + start, to.base + start, Int64(range.count))
    }
    return y
  }

  /// x *= factor.
  func scale(_ x: Tensor, by factor: Float) {
    let (values, scale) = unsafe (x.pointer, table.scale)
    workers.forEachRange(x.count, grain: elementGrain) { range in
      unsafe scale(values.base + range.lowerBound, factor, Int64(range.count))
    }
  }
}

extension Kernels {
  /// residual + x · factor, factor `[width]`.
  func scaledSum(_ x: Tensor, _ factor: Tensor, _ residual: Tensor) -> Tensor {
    let y = empty(x.shape)
    let width = x.width
    let (from, scale, rest, to) = (x.pointer, factor.pointer, residual.pointer, y.pointer)
    let scaledSum = unsafe table.scaled_sum
    workers.forEachRange(x.rows, grain: rowGrain(width: width)) { range in
      let start = range.lowerBound * width
      unsafe scaledSum(
        from.base + start, scale.base, rest.base + start, to.base + start, Int64(range.count), Int64(width))
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
