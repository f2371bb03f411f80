import MAEEngine
import Testing

/// Weights that are not trained, and values from which no gradient goes back.
@Suite struct FrozenParameterTests {
  /// Two maps with a norm between, of which the second map and the norm may be frozen; the gradients of the first.
  private static func gradients(freezes: Bool) -> (first: [Float], trained: Int) {
    let (kernels, scope) = (Kernels(threads: 1), ParameterScope())
    let second = freezes ? scope["second"].frozen : scope["second"]
    let a = scope.parameter("a", [4, 3], .normal(deviation: 1), role: .weight)
    let b = second.parameter("b", [2, 4], .normal(deviation: 1), role: .weight)
    let bias = second.parameter("bias", [2], .normal(deviation: 1), role: .bias)
    let scale = second.parameter("scale", [4], .normal(deviation: 1), role: .norm)
    let shift = second.parameter("shift", [4], .normal(deviation: 1), role: .norm)
    let store = ParameterStore(scope, seed: 1)
    let tape = Tape(store, on: kernels)
    let x = tape.constant(kernels.tensor((0..<15).map { Float($0 % 7) - 3 }, [5, 3]))
    let loss = x.linear(ParameterSlice(a), bias: nil).layerNorm(scale: scale, shift: shift, epsilon: 1e-6)
      .linear(ParameterSlice(b), bias: ParameterSlice(bias)).pixelLoss(kernels.zeros([5, 2]), .squared, divisor: 10)
    store.clearGradients()
    tape.backward(from: loss)
    store.completeGradients()
    return (store.gradient(of: a), store.trainableCount)
  }

  @Test("frozen weights pass gradients on and get none")
  func frozen() {
    let (free, frozen) = (Self.gradients(freezes: false), Self.gradients(freezes: true))
    #expect(frozen.first == free.first && free.first.contains { $0 != 0 })
    #expect(free.trained == 12 + 8 + 2 + 4 + 4 && frozen.trained == 12)
  }

  @Test("what depends on frozen weights alone is not recorded; a detached value goes on on the same tape")
  func unrecorded() {
    let (kernels, scope) = (Kernels(threads: 1), ParameterScope())
    let a = scope.frozen.parameter("a", [4, 3], .normal(deviation: 1), role: .weight)
    let b = scope.parameter("b", [2, 4], .normal(deviation: 1), role: .weight)
    let c = scope.parameter("c", [1, 2], .ones, role: .weight)
    let store = ParameterStore(scope, seed: 1)
    let tape = Tape(store, on: kernels)
    let x = tape.constant(kernels.tensor([Float](repeating: 1, count: 15), [5, 3]))
    let features = x.linear(ParameterSlice(a), bias: nil)
    #expect(tape.flops == 2 * 5 * 3 * 4)
    let y = features.linear(ParameterSlice(b), bias: nil)
    // Forward once, and twice as much for the derivative.
    #expect(tape.flops == 2 * 5 * 3 * 4 + 3 * 2 * 5 * 4 * 2)
    let loss = y.detached.linear(ParameterSlice(c), bias: nil).pixelLoss(kernels.zeros([5, 1]), .squared, divisor: 5)
    tape.backward(from: loss)
    #expect(store.gradient(of: c).contains { $0 != 0 })
    #expect(store.gradient(of: b).allSatisfy { $0 == 0 })
  }

  @Test("parameters know the depth of their scope")
  func depth() {
    let scope = ParameterScope()["encoder"]
    let parameters = [
      scope.parameter("token", [1], .zeros, role: .token),
      scope["blocks"][3].atDepth(4)["mlp"].parameter("bias", [1], .zeros, role: .bias),
      scope["blocks"][3].parameter("bias", [1], .zeros, role: .bias),
    ]
    #expect(parameters.map(\.depth) == [nil, 4, nil])
    #expect(parameters[1].name == "encoder.blocks.3.mlp.bias")
  }
}
