import MAECore
import MAEEngine
import MAEModels
import Testing

/// Branches that samples leave out (Huang et al. 2016).
@Suite struct DropPathTests {
  private static let random = RandomStream(seed: 12)

  private func configuration(_ method: MAEModels.Method, _ rate: Float?) -> ModelConfiguration {
    var configuration = StepTests.configuration(method)
    configuration.encoder.blocks.depth = 3
    configuration.encoder.dropPath = rate
    return configuration
  }

  @Test("without it, and after training, no bit changes", arguments: Catalogue.builtIn.methods)
  func off(method: MAEModels.Method) throws {
    let plain = try StepTests.gradients(configuration(method, nil), threads: 2, random: Self.random)
    #expect(try StepTests.gradients(configuration(method, 0), threads: 2, random: Self.random) == plain)
    #expect(
      try StepTests.gradients(configuration(method, 0.5), threads: 2)
        == StepTests.gradients(configuration(method, nil), threads: 2))
    #expect(try StepTests.gradients(configuration(method, 0.5), threads: 2, random: Self.random) != plain)
  }

  @Test(
    "the bits are those of the stream, for any number of threads and whether blocks are computed again",
    arguments: [MAEModels.Method.mae, .pixio, .siammae, .simmim])
  func deterministic(method: MAEModels.Method) throws {
    let configuration = configuration(method, 0.6)
    let one = try StepTests.gradients(configuration, threads: 1, random: Self.random)
    #expect(one.allSatisfy { $0.isFinite })
    #expect(try StepTests.gradients(configuration, threads: 3, random: Self.random) == one)
    #expect(try StepTests.gradients(configuration, threads: 2, recomputes: true, random: Self.random) == one)
    #expect(try StepTests.gradients(configuration, threads: 1, random: Self.random.fork("other")) != one)
  }

  /// An encoder of two blocks, of which the second leaves out branches, over random pictures.
  private func encoder(
    _ rate: Float?, scale: Float? = nil, classToken: Bool = false, in scope: ParameterScope
  ) -> (Tape, RandomStream?) -> Variable {
    var model = MAEModels.Method.mae.model(.tiny)
    (model.input.size, model.input.patch) = (FrameSize(square: 8), 4)
    model.encoder.blocks = BlockConfiguration(width: 8, depth: 2, heads: 2, layerScale: scale)
    (model.encoder.dropPath, model.encoder.classToken) = (rate, classToken)
    let encoder = VisionTransformer(model, in: scope)
    let shape = ClipBatchShape(samples: 6, frames: 1, size: model.input.size)
    var random = RandomStream(seed: 4)
    let source = PixelSource(
      shape: shape, values: .floats((0..<shape.count).map { _ in Float(random.normal()) }, .framesFirst),
      mean: model.input.mean, deviation: model.input.deviation)
    let tokens = EncoderTokens(allOf: model.grid, samples: 6)
    return { encoder(source, tokens, in: Pass(on: $0, random: $1), lastBlock: 2) }
  }

  @Test(
    "derivatives agree with difference quotients, with a class token and without", arguments: [Float(0.3), 0.7],
    [(nil, false), (nil, true), (0.5, false), (0.5, true)] as [(Float?, Bool)])
  func derivative(rate: Float, kind: (scale: Float?, classToken: Bool)) {
    let scope = ParameterScope()
    let encoder = encoder(rate, scale: kind.scale, classToken: kind.classToken, in: scope)
    // A norm bends too much near a class token of nearly zero, where it starts: here it is as long as the patches' rows.
    func lengthen(_ store: ParameterStore) {
      guard let token = store.parameters.first(where: { $0.name.hasSuffix("cls_token") }) else { return }
      var random = RandomStream(seed: 9)
      store.setValues((0..<token.count).map { _ in Float(random.normal()) }, of: token)
    }
    let error = GradientCheck(scope, inputs: [], on: Kernels(threads: 1), startingFrom: lengthen) { tape, _ in
      let x = encoder(tape, Self.random)
      let target = tape.kernels.zeros([x.rows, x.width])
      return x.pixelLoss(target, .squared, divisor: Double(x.rows))
    }.largestError()
    #expect(error < 2e-3, "relative error \(error)")
  }

  @Test("samples leave out as many branches as the rate says, and their mean stays", arguments: [Float(0.25), 0.6])
  func shares(rate: Float) throws {
    let (dropped, plain) = (ParameterScope(), ParameterScope())
    let (some, all) = (encoder(rate, in: dropped), encoder(nil, in: plain))
    let store = ParameterStore(dropped, seed: 5)
    // Without its feed-forward part a block adds one branch: it is there or not.
    for parameter in store.parameters where parameter.name.contains("blocks.1.mlp.fc2") || parameter.name.hasPrefix("blocks.0") {
      if parameter.role != .norm { store.setValues([Float](repeating: 0, count: parameter.count), of: parameter) }
    }
    let kernels = Kernels(threads: 1)
    func rows(_ encoder: (Tape, RandomStream?) -> Variable, _ random: RandomStream?) -> [Float] {
      encoder(Tape(store, on: kernels, recording: false), random).tensor.floats()
    }
    let whole = rows(all, nil)
    let (draws, perSample) = (400, whole.count / 6)
    var sum = [Double](repeating: 0, count: whole.count)
    var squares = sum
    var patterns: Set<[Float]> = []
    for draw in 0..<draws {
      let found = rows(some, Self.random.fork("draw", draw))
      for (index, value) in found.enumerated() {
        sum[index] += Double(value) / Double(draws)
        squares[index] += Double(value) * Double(value) / Double(draws)
      }
      patterns.insert(Array(found.prefix(perSample)))
    }
    // A sample has the branch, or not.
    try #require(patterns.count == 2)
    // Five deviations of a mean over so many draws, each number's own.
    for index in whole.indices {
      let variance = squares[index] - sum[index] * sum[index]
      #expect(abs(sum[index] - Double(whole[index])) < 5 * (max(0, variance) / Double(draws)).squareRoot() + 1e-5)
    }
  }

  @Test("a rate that is none is refused", arguments: [Float(-0.1), 1, .nan])
  func problems(rate: Float) {
    #expect(configuration(.mae, rate).problems.contains { $0.contains("drop-path") })
  }
}
