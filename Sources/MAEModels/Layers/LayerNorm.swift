import MAEEngine

/// Normalizes rows, then scales and shifts them (Ba et al. 2016).
public struct LayerNorm: Sendable {
  let scale, shift: Parameter
  let epsilon: Float

  /// Declares the parameters.
  public init(_ width: Int, epsilon: Float, in scope: ParameterScope) {
    scale = scope.parameter("weight", [width], .ones, role: .norm)
    shift = scope.parameter("bias", [width], .zeros, role: .norm)
    self.epsilon = epsilon
  }

  /// `[rows, width]` → `[rows, width]`.
  public func callAsFunction(_ x: Variable) -> Variable { x.layerNorm(scale: scale, shift: shift, epsilon: epsilon) }
}
