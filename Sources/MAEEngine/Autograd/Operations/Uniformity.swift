extension Variable {
  /// Mean of the squared cosines between all pairs of rows, each with itself included: `mean((f̂ f̂ᵀ)²)` with `f̂ = f / ‖f‖`
  /// (Zhang et al. 2022, U-MAE; the public implementation's form).
  ///
  /// Of a batch that several processes share, the pairs are those of the whole batch, and gradients go back through the own rows
  /// alone, as in the public implementation (`loss_func.py`). There the mean over processes then divides this term by their
  /// number; here it counts what it counts in one process.
  ///
  /// - Parameter share: gives the rows of all processes, in their order, and where the own ones begin; nil: there are no
  ///   others.
  public func uniformity(_ share: SharedRows? = nil) -> Variable {
    let kernels = tape.kernels
    let (unit, norms) = kernels.unitRows(tensor)
    var (all, first) = (unit, 0)
    if let share {
      let shared = share(unit.floats())
      (all, first) = (kernels.tensor(shared.values, [shared.values.count / width, width]), shared.start / width)
    }
    let gram = kernels.empty([all.rows, all.rows])
    kernels.compute(Product(a: all, b: all, bIsTransposed: true), into: gram)
    let loss = kernels.sumOfSquares(gram) / Double(gram.count)
    return tape.record(kernels.tensor([Float(loss)], [1]), flops: 2 * gram.count * width, from: [self]) {
      UniformityStep(features: id, all: all, own: first..<first + rows, norms: norms, gram: gram)
    }
  }
}

/// Exchanges rows with the processes that share a batch: the values of the own ones in, those of all out, row after row, with
/// the place of the first own value.
public typealias SharedRows = (_ own: [Float]) -> (values: [Float], start: Int)

private struct UniformityStep: BackwardStep {
  let features: Variable.ID?
  /// Unit rows of the batch.
  let all: Tensor
  /// Those whose gradients are wanted.
  let own: Range<Int>
  let norms: [Float]
  let gram: Tensor

  /// With G = f̂ f̂ᵀ: df̂ = 4 / B² · G f̂, and df = (df̂ − f̂ (f̂ · df̂)) / ‖f‖. Where b of B rows are own, what is added up over
  /// processes counts b / B, so that this counts B / b.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    let unit = all.rows(own)
    let direction = kernels.empty(unit.shape)
    kernels.compute(Product(a: gram.rows(own), b: all), into: direction)
    let factor = 4 * outputGradient.scalar / Float(all.rows * own.count)
    let (f, width) = (unit.floats(), unit.width)
    var d = direction.floats()
    for row in 0..<unit.rows {
      let place = row * width..<(row + 1) * width
      let along = place.reduce(Float(0)) { $0 + f[$1] * d[$1] }
      for index in place { d[index] = factor * (d[index] - f[index] * along) / norms[row] }
    }
    direction.assign(d)
    gradients.adopt(direction, for: features)
  }
}

extension Kernels {
  /// Rows divided by their length (at least 1e-12), and the lengths.
  func unitRows(_ x: Tensor) -> (unit: Tensor, norms: [Float]) {
    var values = x.floats()
    var norms: [Float] = []
    for row in 0..<x.rows {
      let place = row * x.width..<(row + 1) * x.width
      let norm = max(1e-12, Float(place.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }.squareRoot()))
      norms.append(norm)
      for index in place { values[index] /= norm }
    }
    return (tensor(values, x.shape), norms)
  }
}
