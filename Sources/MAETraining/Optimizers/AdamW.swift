import MAEEngine
import MAEModels

/// AdamW with decoupled weight decay (Loshchilov and Hutter 2019) over all trainable parameters of a store.
///
/// Parameters and both moments are flat buffers; neighbours with equal decay are updated in one pass. Belongs to the training
/// thread.
public final class AdamW {
  private let recipe: OptimizerRecipe
  private let parameters: ParameterStore
  private let kernels: Kernels
  private let firstMoment: Tensor
  private let secondMoment: Tensor
  private let groups: [ParameterGroup]
  /// Updates so far.
  public private(set) var stepCount = 0

  /// Moments of zero for all trainable parameters.
  public init(_ recipe: OptimizerRecipe, for parameters: ParameterStore, on kernels: Kernels) {
    self.recipe = recipe
    self.parameters = parameters
    self.kernels = kernels
    firstMoment = kernels.zeros(parameters.trainable.shape)
    secondMoment = kernels.zeros(parameters.trainable.shape)
    groups = ParameterGroup.groups(of: parameters, undecayed: Set(recipe.undecayed))
  }

  /// √Σ g² over all gradients; not finite when one of them is not.
  ///
  /// - Precondition: `completeGradients()` was called on the store.
  public func gradientNorm() -> Double { kernels.sumOfSquares(parameters.gradients).squareRoot() }

  /// What gradients are multiplied by so that their norm is at most the recipe's limit (as `clip_grad_norm_`).
  public func clippingScale(norm: Double) -> Double {
    guard let limit = recipe.clipGradient else { return 1 }
    return min(1, limit / (norm + 1e-6))
  }

  /// Changes the parameters by their gradients.
  ///
  /// - Precondition: `completeGradients()` was called on the store.
  public func update(learningRate: Double, gradientScale: Double = 1) {
    stepCount += 1
    for group in groups {
      func part(_ buffer: Tensor) -> Tensor { buffer.values(group.range, shape: [group.range.count]) }
      kernels.adamW(
        part(parameters.trainable), gradients: part(parameters.gradients), first: part(firstMoment),
        second: part(secondMoment),
        AdamWStep(
          learningRate: Float(learningRate), beta1: Float(recipe.beta1), beta2: Float(recipe.beta2),
          epsilon: Float(recipe.epsilon), weightDecay: group.decays ? Float(recipe.weightDecay) : 0, step: stepCount,
          gradientScale: Float(gradientScale)))
    }
  }

  /// Both moments of a trainable parameter; they share the optimizer's memory.
  public func moments(of parameter: Parameter) -> (first: Tensor, second: Tensor) {
    let range = parameters.place(of: parameter)
    return (firstMoment.values(range, shape: [range.count]), secondMoment.values(range, shape: [range.count]))
  }

  /// Sets both moments of a trainable parameter, as saved.
  ///
  /// - Precondition: as many values as the parameter has.
  public func setMoments(first: [Float], second: [Float], of parameter: Parameter) {
    let moments = moments(of: parameter)
    moments.first.assign(first)
    moments.second.assign(second)
  }

  /// Continues the count of updates of an earlier run.
  public func setStepCount(_ count: Int) { stepCount = count }
}
