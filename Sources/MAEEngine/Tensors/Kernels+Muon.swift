/// The numbers of one Muon step (Jordan et al. 2024).
public struct MuonStep: Sendable {
  /// Of this step.
  public var learningRate: Double
  /// Share of the mean of gradients that stays.
  public var momentum: Double
  /// Share of the rate by which weights shrink.
  public var weightDecay: Double
  /// Gradients are multiplied by this first (clipping).
  public var gradientScale: Double

  /// The numbers of one step.
  public init(learningRate: Double, momentum: Double = 0.95, weightDecay: Double, gradientScale: Double = 1) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.gradientScale = gradientScale
  }
}

extension Kernels {
  /// Updates a matrix p `[rows, columns]` and its momentum m in place, as `torch.optim.Muon` with `match_rms_adamw` in float32:
  ///
  ///     m = μ m + (1 − μ) g,  u = μ m + (1 − μ) g  (Nesterov)
  ///     p = p (1 − rate · decay) − rate · 0.2 √max(rows, columns) · orthogonalized(u)
  ///
  /// The factor makes an update's root mean square what AdamW's is (Liu et al. 2025, section 2.2), so that both take one rate.
  public func muon(_ parameters: Tensor, gradients: Tensor, momentum: Tensor, _ step: MuonStep) {
    let update = copy(gradients)
    scale(update, by: Float((1 - step.momentum) * step.gradientScale))
    scale(momentum, by: Float(step.momentum))
    add(update, to: momentum)
    let kept = copy(momentum)
    scale(kept, by: Float(step.momentum))
    add(kept, to: update)
    let direction = orthogonalized(update)
    scale(direction, by: Float(-0.2 * step.learningRate * Double(max(parameters.rows, parameters.width)).squareRoot()))
    scale(parameters, by: Float(1 - step.learningRate * step.weightDecay))
    add(direction, to: parameters)
  }

  /// A matrix with the same singular vectors whose singular values are all near 1 (0.7 to 1.2, unless they were tiny): five steps
  /// of a Newton–Schulz iteration, `x ← (a + b G + c G²) x` with `G = x xᵀ`, or from the right for more rows than columns.
  ///
  /// It costs ``newtonSchulzFlops(rows:columns:)``. Coefficients are those of Jordan et al. 2024 (KellerJordan/Muon, `muon.py`).
  package func orthogonalized(_ matrix: Tensor) -> Tensor {
    let isTall = matrix.rows > matrix.width
    var x = copy(matrix)
    scale(x, by: Float(1 / max(sumOfSquares(x).squareRoot(), 1e-7)))
    for _ in 0..<Self.newtonSchulzSteps {
      let gram = isTall ? product(x, aIsTransposed: true, x) : product(x, x, bIsTransposed: true)
      // G (b + c G) + a: the identities stand on diagonals, so that nothing but products costs.
      let inner = copy(gram)
      scale(inner, by: 2.0315)
      addToDiagonal(-4.7750, of: inner)
      let factor = product(gram, inner)
      addToDiagonal(3.4445, of: factor)
      x = isTall ? product(x, factor) : product(factor, x)
    }
    return x
  }

  /// Floating-point operations of ``orthogonalized(_:)``: `5 (4 m² n + 2 m³)`, m the smaller and n the larger side.
  public static func newtonSchulzFlops(rows: Int, columns: Int) -> Int {
    let (least, most) = (min(rows, columns), max(rows, columns))
    return newtonSchulzSteps * (4 * least * least * most + 2 * least * least * least)
  }

  private static var newtonSchulzSteps: Int { 5 }

  private func addToDiagonal(_ value: Float, of matrix: Tensor) {
    for index in 0..<matrix.rows { unsafe matrix.pointer.base[index * matrix.width + index] += value }
  }
}
