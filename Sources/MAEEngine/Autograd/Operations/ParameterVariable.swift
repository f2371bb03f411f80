extension Tape {
  /// A parameter as a value `[rows, width]` of its own, such as a token or a learned position table.
  public func variable(of parameter: Parameter) -> Variable {
    let matrix = value(of: parameter).reshaped(parameter.count / parameter.lastAxis, parameter.lastAxis)
    return record(matrix, from: [], [parameter]) { ParameterStep(parameter: parameter) }
  }
}

extension Parameter {
  /// Size of the last axis.
  var lastAxis: Int { shape.last ?? 1 }
}

private struct ParameterStep: BackwardStep {
  let parameter: Parameter

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    gradients.kernels.add(outputGradient, to: gradients.gradient(of: parameter))
  }
}
