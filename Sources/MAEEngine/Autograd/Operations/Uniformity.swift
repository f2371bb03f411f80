extension Variable {
  /// Mean of the squared cosines between all pairs of rows, each with itself included: `mean((f̂ f̂ᵀ)²)` with `f̂ = f / ‖f‖`
  /// (Zhang et al. 2022, U-MAE; the public implementation's form).
  public func uniformity() -> Variable {
    let kernels = tape.kernels
    let (unit, norms) = kernels.unitRows(tensor)
    let gram = kernels.empty([rows, rows])
    kernels.compute(Product(a: unit, b: unit, bIsTransposed: true), into: gram)
    let loss = kernels.sumOfSquares(gram) / Double(gram.count)
    return tape.record(kernels.tensor([Float(loss)], [1]), flops: 2 * gram.count * width, from: [self]) {
      UniformityStep(features: id, unit: unit, norms: norms, gram: gram)
    }
  }
}

private struct UniformityStep: BackwardStep {
  let features: Variable.ID?
  let unit: Tensor
  let norms: [Float]
  let gram: Tensor

  /// With G = f̂ f̂ᵀ: df̂ = 4 / B² · G f̂, and df = (df̂ − f̂ (f̂ · df̂)) / ‖f‖.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    let direction = kernels.empty(unit.shape)
    kernels.compute(Product(a: gram, b: unit), into: direction)
    let factor = 4 * outputGradient.scalar / Float(gram.count)
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
