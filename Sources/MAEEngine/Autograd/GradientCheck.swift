import MAECore

/// Compares derivatives with finite differences along random directions.
package struct GradientCheck {
  /// A differentiable function: a scope's parameters and some inputs in, one value out.
  package typealias Function = (Tape, [Variable]) -> Variable

  private let store: ParameterStore
  private let inputs: [(values: [Float], shape: [Int])]
  private let kernels: Kernels
  private let function: Function

  /// - Parameter change: of the initial parameters, before anything is compared.
  package init(
    _ scope: ParameterScope, inputs: [(values: [Float], shape: [Int])], on kernels: Kernels,
    startingFrom change: (ParameterStore) -> Void = { _ in }, _ function: @escaping Function
  ) {
    store = ParameterStore(scope, seed: 3)
    change(store)
    self.inputs = inputs
    self.kernels = kernels
    self.function = function
  }

  /// The largest relative difference between derivative and difference quotient over all inputs and trainable parameters.
  package func largestError(directions: Int = 3) -> Double {
    let tape = Tape(store, on: kernels)
    let leaves = inputs.map { tape.leaf(kernels.tensor($0.values, $0.shape)) }
    // Streamed losses add to the gradients while the function runs.
    store.clearGradients()
    let loss = function(tape, leaves)
    let sink = tape.backward(from: loss.id!, kernels.tensor([1], [1]))
    store.completeGradients()
    var random = RandomStream(seed: 11)
    var worst = 0.0
    for index in inputs.indices {
      let gradient = sink.take(leaves[index].id!)?.floats() ?? [Float](repeating: 0, count: inputs[index].values.count)
      for _ in 0..<directions {
        worst = max(worst, error(gradient, &random) { direction, amount in valueMoving(input: index, direction, amount) })
      }
    }
    for parameter in store.parameters where parameter.isTrainable {
      let (gradient, start) = (store.gradient(of: parameter), store.values(of: parameter))
      for _ in 0..<directions {
        worst = max(
          worst,
          error(gradient, frozen: parameter.frozen, &random) { direction, amount in
            store.setValues(zip(start, direction).map { $0 + amount * $1 }, of: parameter)
            defer { store.setValues(start, of: parameter) }
            return value(inputs.map(\.values))
          })
      }
    }
    return worst
  }

  private func error(
    _ gradient: [Float], frozen: Range<Int>? = nil, _ random: inout RandomStream, _ move: ([Float], Float) -> Double
  ) -> Double {
    var direction = gradient.map { _ in Float(random.normal()) }
    if let frozen { for index in frozen { direction[index] = 0 } }
    let length = direction.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return 0 }
    direction = direction.map { $0 / length }
    let expected = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    // Fourth-order central differences: the step can be large enough for single precision.
    let step: Float = 2e-2
    let near = move(direction, step) - move(direction, -step)
    let far = move(direction, 2 * step) - move(direction, -2 * step)
    let measured = (8 * near - far) / (12 * Double(step))
    let size = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return abs(measured - expected) / max(size, 1e-3)
  }

  private func valueMoving(input index: Int, _ direction: [Float], _ amount: Float) -> Double {
    var values = inputs.map(\.values)
    values[index] = zip(values[index], direction).map { $0 + amount * $1 }
    return value(values)
  }

  private func value(_ values: [[Float]]) -> Double {
    let tape = Tape(store, on: kernels, recording: false)
    let variables = zip(values, inputs).map { tape.constant(kernels.tensor($0, $1.shape)) }
    return Double(function(tape, variables).tensor.scalar)
  }
}
