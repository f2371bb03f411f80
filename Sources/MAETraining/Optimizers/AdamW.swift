import MAEEngine
import MAEModels

/// AdamW with decoupled weight decay (Loshchilov and Hutter 2019) over trainable parameters of a store.
///
/// With ``OptimizerRecipe/Kind/adam`` in TensorFlow's form. Parameters and both moments are flat buffers; neighbours with equal
/// decay are updated in one pass. Belongs to the training thread.
public final class AdamW: Optimizer {
  /// `AdamW`.
  public static let name = "AdamW"
  /// Moments and decay.
  public let recipe: OptimizerRecipe
  /// What it changes.
  public let parameters: ParameterStore
  /// What it computes with.
  public let kernels: Kernels
  private let firstMoment: Tensor
  private let secondMoment: Tensor
  private let groups: [ParameterGroup]
  /// Updates so far.
  public private(set) var stepCount = 0

  /// Moments of zero.
  ///
  /// - Parameter isChanged: which of the trainable parameters are its own.
  public init(
    _ recipe: OptimizerRecipe, for parameters: ParameterStore, on kernels: Kernels,
    where isChanged: (Parameter) -> Bool = { _ in true }
  ) {
    self.recipe = recipe
    self.parameters = parameters
    self.kernels = kernels
    groups = ParameterGroup.groups(
      of: parameters, undecayed: Set(recipe.undecayed), layerDecay: recipe.layerDecay, where: isChanged)
    let count = groups.last?.moments.upperBound ?? 0
    firstMoment = kernels.zeros([count])
    secondMoment = kernels.zeros([count])
  }

  /// Changes the parameters by their gradients.
  ///
  /// - Precondition: `completeGradients()` was called on the store.
  public func update(learningRate: Double, gradientScale: Double) {
    stepCount += 1
    for group in groups {
      func part(_ buffer: Tensor, _ range: Range<Int>) -> Tensor { buffer.values(range, shape: [range.count]) }
      kernels.adamW(
        part(parameters.trainable, group.range), gradients: part(parameters.gradients, group.range),
        first: part(firstMoment, group.moments), second: part(secondMoment, group.moments),
        AdamWStep(
          learningRate: Float(learningRate * group.rateScale), beta1: Float(recipe.beta1), beta2: Float(recipe.beta2),
          epsilon: Float(recipe.epsilon), weightDecay: group.decays ? Float(recipe.weightDecay) : 0, step: stepCount,
          gradientScale: Float(gradientScale), form: recipe.kind == .adam ? .tensorFlow : .torch))
    }
  }

  /// Both moments of a parameter that it changes.
  public func state(of parameter: Parameter) -> [(name: String, values: Tensor)] {
    let place = parameters.place(of: parameter)
    guard let group = groups.first(where: { $0.range.contains(place.lowerBound) }) else { return [] }
    let start = group.moments.lowerBound + place.lowerBound - group.range.lowerBound
    let range = start..<start + place.count
    return [("exp_avg", firstMoment), ("exp_avg_sq", secondMoment)].map { name, buffer in
      (name, buffer.values(range, shape: [range.count]))
    }
  }

  /// Continues the count of updates of an earlier run.
  public func setStepCount(_ count: Int) { stepCount = count }
}
