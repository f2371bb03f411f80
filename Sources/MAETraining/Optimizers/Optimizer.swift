import MAEEngine
import MAEModels

/// Changes weights by their gradients.
///
/// Belongs to the training thread.
public protocol Optimizer: AnyObject {
  /// What it is called in files.
  static var name: String { get }
  /// Rates aside, how it changes weights.
  var recipe: OptimizerRecipe { get }
  /// What it changes.
  var parameters: ParameterStore { get }
  /// What it computes with.
  var kernels: Kernels { get }
  /// Updates so far.
  var stepCount: Int { get }
  /// Continues the count of updates of an earlier run.
  func setStepCount(_ count: Int)

  /// Changes the parameters by their gradients, each multiplied by a scale first.
  ///
  /// - Precondition: `completeGradients()` was called on the store.
  func update(learningRate: Double, gradientScale: Double)

  /// What it remembers of a trainable parameter, by names that PyTorch has for it; shares the optimizer's memory.
  func state(of parameter: Parameter) -> [(name: String, values: Tensor)]
}

extension Optimizer {
  /// Changes the parameters by their gradients.
  ///
  /// - Precondition: `completeGradients()` was called on the store.
  public func update(learningRate: Double) { update(learningRate: learningRate, gradientScale: 1) }

  /// √Σ g² over all gradients; not finite when one of them is not.
  ///
  /// - Precondition: `completeGradients()` was called on the store.
  public func gradientNorm() -> Double { kernels.sumOfSquares(parameters.gradients).squareRoot() }

  /// What gradients are multiplied by so that their norm is at most the recipe's limit (as `clip_grad_norm_`).
  public func clippingScale(norm: Double) -> Double {
    guard let limit = recipe.clipGradient else { return 1 }
    return min(1, limit / (norm + 1e-6))
  }
}

extension OptimizerRecipe {
  /// The optimizer of this recipe before its first update.
  public func optimizer(for parameters: ParameterStore, on kernels: Kernels) -> any Optimizer {
    switch kind ?? .adamW {
    case .adamW, .adam: AdamW(self, for: parameters, on: kernels)
    case .muon: Muon(self, for: parameters, on: kernels)
    }
  }

  /// Numbers that the optimizer remembers: two for each that is trained, one where Muon changes it.
  package func stateCount(for parameters: ParameterStore) -> Int {
    parameters.parameters.reduce(0) { sum, parameter in
      guard parameter.isTrainable else { return sum }
      return sum + (kind == .muon && Muon.changes(parameter) ? 1 : 2) * parameter.count
    }
  }
}
