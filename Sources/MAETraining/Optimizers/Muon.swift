import MAEEngine
import MAEModels

/// Muon (Jordan et al. 2024): matrices between hidden layers are changed by their momentum with its singular values made equal;
/// ``AdamW`` changes the rest.
///
/// As the public implementation advises (KellerJordan/Muon, `README.md` and write-up), the rest is biases, norms and other
/// vectors, tokens and position tables, what makes tokens of pixels, and the head that predicts pixels; of a joint map, query,
/// key and value are matrices of their own: see ``Parameter/hiddenMaps``. Updates are as long as AdamW's (Liu et al. 2025), so
/// rate and weight decay are the same for both, but for ``OptimizerRecipe/matrixRateFactor``.
///
/// Matrices have one moment rather than two. The Newton–Schulz iteration costs ``flops`` whatever the batch is: of a base image
/// MAE 2.0e12, half of a step at a batch of 64, a few percent from an effective batch of 1,024 on. Belongs to the training
/// thread.
public final class Muon: Optimizer {
  /// `Muon`.
  public static let name = "Muon"
  /// Momentum, moments and decay.
  public let recipe: OptimizerRecipe
  /// What it changes.
  public let parameters: ParameterStore
  /// What it computes with.
  public let kernels: Kernels
  private let rest: AdamW
  private let matrices: [Matrix]
  private let momentum: Tensor

  /// A map, and where its momentum stands.
  private struct Matrix {
    let parameter: Parameter
    /// In the flat buffers of parameters and gradients.
    let place: Range<Int>
    let momentum: Range<Int>
    let shape: [Int]
    /// What the rate is multiplied by.
    let rateScale: Double
  }

  /// Momentum and moments of zero.
  public init(_ recipe: OptimizerRecipe, for parameters: ParameterStore, on kernels: Kernels) {
    self.recipe = recipe
    self.parameters = parameters
    self.kernels = kernels
    rest = AdamW(recipe, for: parameters, on: kernels, where: { !Self.changes($0) })
    var (matrices, start) = ([Matrix](), 0)
    for parameter in parameters.parameters where parameter.isTrainable && Self.changes(parameter) {
      let maps = parameter.hiddenMaps ?? 1
      precondition(parameter.rows.isMultiple(of: maps), "Muon: \(parameter.name) has \(parameter.rows) rows for \(maps) maps")
      let (whole, count) = (parameters.place(of: parameter), parameter.count / maps)
      for map in 0..<maps {
        let first = whole.lowerBound + map * count
        matrices.append(
          Matrix(
            parameter: parameter, place: first..<first + count, momentum: start..<start + count,
            shape: [parameter.rows / maps, parameter.width],
            rateScale: ParameterGroup.rateScale(of: parameter, in: parameters, layerDecay: recipe.layerDecay)))
        start += count
      }
      start = (start + 15) / 16 * 16
    }
    self.matrices = matrices
    momentum = kernels.zeros([start])
  }

  /// Whether a parameter is a matrix between hidden layers.
  static func changes(_ parameter: Parameter) -> Bool { parameter.hiddenMaps != nil && parameter.shape.count == 2 }

  /// Floating-point operations of an update's Newton–Schulz iterations.
  public var flops: Int {
    matrices.reduce(0) { $0 + Kernels.newtonSchulzFlops(rows: $1.shape[0], columns: $1.shape[1]) }
  }

  /// How many matrices it changes, the maps of a joint one counted one by one.
  public var matrixCount: Int { matrices.count }

  /// Updates so far.
  public var stepCount: Int { rest.stepCount }

  /// Changes the parameters by their gradients.
  ///
  /// - Precondition: `completeGradients()` was called on the store.
  public func update(learningRate: Double, gradientScale: Double) {
    rest.update(learningRate: learningRate, gradientScale: gradientScale)
    for matrix in matrices {
      let decays = !recipe.undecayed.contains(matrix.parameter.role)
      kernels.muon(
        parameters.trainable.values(matrix.place, shape: matrix.shape),
        gradients: parameters.gradients.values(matrix.place, shape: matrix.shape),
        momentum: momentum.values(matrix.momentum, shape: matrix.shape),
        MuonStep(
          learningRate: learningRate * matrix.rateScale * (recipe.matrixRateFactor ?? 1),
          momentum: recipe.momentum ?? OptimizerRecipe.usualMomentum, weightDecay: decays ? recipe.weightDecay : 0,
          gradientScale: gradientScale))
    }
  }

  /// The momentum of a matrix, or what AdamW remembers of another parameter.
  public func state(of parameter: Parameter) -> [(name: String, values: Tensor)] {
    guard let start = matrices.first(where: { $0.parameter == parameter })?.momentum.lowerBound else {
      return rest.state(of: parameter)
    }
    return [("momentum_buffer", momentum.values(start..<start + parameter.count, shape: [parameter.count]))]
  }

  /// Continues the count of updates of an earlier run.
  public func setStepCount(_ count: Int) { rest.setStepCount(count) }
}
