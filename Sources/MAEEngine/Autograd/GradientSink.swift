/// Collects gradients while a tape runs backwards.
final class GradientSink {
  let kernels: Kernels
  private let parameters: ParameterStore
  private var gradients: [Variable.ID: Tensor] = [:]

  init(_ parameters: ParameterStore, _ kernels: Kernels) {
    self.parameters = parameters
    self.kernels = kernels
  }

  func value(of parameter: Parameter) -> Tensor { parameters.tensor(of: parameter) }

  func value(of slice: ParameterSlice) -> Tensor { parameters.tensor(of: slice) }

  /// Removes and returns what has been collected.
  func take(_ id: Variable.ID) -> Tensor? { gradients.removeValue(forKey: id) }

  /// Adds a gradient that the caller gives up: its memory becomes the sink's.
  func adopt(_ gradient: Tensor, for id: Variable.ID?) {
    guard let id else { return }
    if let present = gradients[id] {
      kernels.add(gradient, to: present)
    } else {
      gradients[id] = gradient
    }
  }

  /// Lets `write` put a gradient of `shape` into place: into what has been collected (accumulate) or into new memory.
  func add(to id: Variable.ID?, shape: [Int], _ write: (_ destination: Tensor, _ accumulate: Bool) -> Void) {
    guard let id else { return }
    if let present = gradients[id] {
      write(present, true)
    } else {
      let destination = kernels.empty(shape)
      write(destination, false)
      gradients[id] = destination
    }
  }

  /// A parameter's gradient, to add to; of a frozen one a place that nobody reads.
  func gradient(of parameter: Parameter) -> Tensor {
    parameter.isTrainable ? parameters.gradientForAdding(of: parameter) : kernels.zeros(parameter.shape)
  }

  /// The derivative of `x · wᵀ + bias` by weight and bias: dw += dyᵀ · x, db += Σ dy; frozen values of a bias stay at zero.
  func addWeightGradient(_ dy: Tensor, _ x: Tensor, weight: ParameterSlice, bias: ParameterSlice?) {
    guard weight.parameter.isTrainable || bias?.parameter.isTrainable == true else { return }
    let biasGradient = bias.map { gradient(of: $0.parameter) }
    var product = Product(a: dy, b: x, aIsTransposed: true)
    if let bias { product.aSums = biasGradient?.values(bias.range, shape: [bias.range.count]) }
    let width = weight.parameter.width
    let place = weight.range.lowerBound * width..<weight.range.upperBound * width
    let whole: Tensor
    if !weight.parameter.isTrainable {
      (whole, product.accumulate) = (gradient(of: weight.parameter), true)
    } else if weight.isWhole {
      (whole, product.accumulate) = parameters.gradientForWriting(of: weight.parameter)
    } else {
      (whole, product.accumulate) = (parameters.gradientForAdding(of: weight.parameter), true)
    }
    kernels.compute(product, into: whole.values(place, shape: [weight.range.count, width]), precision: kernels.precision)
    if let frozen = bias?.parameter.frozen, let biasGradient {
      kernels.cleared(biasGradient.values(frozen, shape: [frozen.count]))
    }
  }
}
