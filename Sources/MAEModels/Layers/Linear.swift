import MAEEngine

/// A linear map `x · wᵀ + b`: `[rows, inputs]` → `[rows, outputs]`.
public struct Linear: Sendable {
  let weight: Parameter
  let bias: Parameter?

  /// - Parameters:
  ///   - frozenBias: values of the bias that stay at zero.
  ///   - hiddenMaps: see ``Parameter/hiddenMaps``; nil for what makes tokens of pixels, and for heads.
  public init(
    _ inputs: Int, _ outputs: Int, bias hasBias: Bool = true, frozenBias: Range<Int>? = nil, initializer: Initializer,
    biasInitializer: Initializer = .zeros, hiddenMaps: Int? = nil, in scope: ParameterScope
  ) {
    weight = scope.parameter("weight", [outputs, inputs], initializer, role: .weight, hiddenMaps: hiddenMaps)
    bias = hasBias ? scope.parameter("bias", [outputs], biasInitializer, role: .bias, frozen: frozenBias) : nil
  }

  /// `[rows, inputs]` → `[rows, outputs]`, added to a residual if there is one.
  public func callAsFunction(_ x: Variable, onto residual: Variable? = nil) -> Variable {
    x.linear(ParameterSlice(weight), bias: bias.map { ParameterSlice($0) }, residual: residual)
  }

  /// Only some of the outputs, such as the queries of a joint map.
  public func callAsFunction(_ x: Variable, outputs: Range<Int>) -> Variable {
    x.linear(ParameterSlice(weight, outputs), bias: bias.map { ParameterSlice($0, outputs) })
  }
}
