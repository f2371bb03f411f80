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

  /// A parameter's gradient, to add to.
  func gradient(of parameter: Parameter) -> Tensor { parameters.gradientForAdding(of: parameter) }

  /// Lets `write` put the gradient of a weight into place, as a matrix.
  func add(to slice: ParameterSlice, _ write: (_ destination: Tensor, _ accumulate: Bool) -> Void) {
    let width = slice.parameter.width
    let place = slice.range.lowerBound * width..<slice.range.upperBound * width
    if slice.isWhole {
      let (gradient, accumulate) = parameters.gradientForWriting(of: slice.parameter)
      write(gradient.values(place, shape: [slice.range.count, width]), accumulate)
    } else {
      let gradient = parameters.gradientForAdding(of: slice.parameter)
      write(gradient.values(place, shape: [slice.range.count, width]), true)
    }
  }

  /// Adds the column sums of dy to a bias; values that are frozen stay at zero.
  func addColumnSums(_ dy: Tensor, to slice: ParameterSlice) {
    let gradient = parameters.gradientForAdding(of: slice.parameter)
    kernels.addColumnSums(dy, into: gradient.values(slice.range, shape: [slice.range.count]))
    if let frozen = slice.parameter.frozen {
      unsafe (gradient.pointer.base + frozen.lowerBound).update(repeating: 0, count: frozen.count)
    }
  }
}
