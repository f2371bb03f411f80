import MAEEngine

/// The running mean of a model's trained weights, which often does better than the weights themselves (Polyak and Juditsky 1992;
/// timm, `ModelEmaV2`).
///
/// Belongs to the training thread.
final class WeightAverage {
  private let decay: Double
  private let parameters: ParameterStore
  private let kernels: Kernels
  private let mean: Tensor

  /// Starts at the weights of the moment.
  ///
  /// - Parameter decay: share of the mean that stays at each step.
  init(_ parameters: ParameterStore, decay: Double, on kernels: Kernels) {
    (self.parameters, self.decay, self.kernels) = (parameters, decay, kernels)
    mean = kernels.copy(parameters.trainable)
  }

  /// Takes the weights of a step in.
  func update() { kernels.move(mean, towards: parameters.trainable, by: Float(1 - decay)) }

  /// Runs `body` with the mean in the place of the weights.
  func inPlace<Value>(_ body: () throws -> Value) rethrows -> Value {
    exchange()
    defer { exchange() }
    return try body()
  }

  /// Puts the mean in the place of the weights, and the other way round.
  private func exchange() {
    let weights = parameters.trainable.floats()
    parameters.trainable.assign(mean.floats())
    mean.assign(weights)
  }
}
