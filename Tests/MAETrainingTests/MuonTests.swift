import MAECore
import MAEEngine
import MAEModels
import MAETraining
import TestSupport
import Testing

@Suite struct MuonTests {
  @Test("matrices between hidden layers are Muon's, everything else AdamW's", arguments: Catalogue.builtIn.methods)
  func division(method: MAEModels.Method) throws {
    var recipe = Small.recipe(method, steps: 1)
    if method == .maeST { (recipe.model.input.frames, recipe.model.target.predictedFrames) = (4, 2) }
    // Small grids leave attention-driven masking nothing to throw away at its ratio.
    if method == .amt { recipe.model.masking.ratio = 0.45 }
    recipe.optimizer.kind = .muon
    let model = try Model(recipe.model, seed: 1)
    let optimizer = recipe.optimizer.optimizer(for: model.parameters, on: Kernels(threads: 1))
    var numbers = 0
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let names = optimizer.state(of: parameter).map(\.name)
      let isHidden =
        parameter.name.hasSuffix(".weight") && parameter.shape.count == 2 && parameter.role == .weight
        && (parameter.name.contains(".blocks.") || parameter.name.hasSuffix("decoder.embed.weight"))
      #expect(names == (isHidden ? ["momentum_buffer"] : ["exp_avg", "exp_avg_sq"]), "\(parameter.name)")
      numbers += optimizer.state(of: parameter).reduce(0) { $0 + $1.values.count }
    }
    #expect(numbers == recipe.optimizer.stateCount(for: model.parameters))
    #expect((optimizer as? Muon)?.matrixCount ?? 0 > 10)
  }

  @Test("query, key and value are matrices of their own, and the rate's factor is theirs alone")
  func joint() throws {
    let scope = ParameterScope()
    let joint = scope.parameter("qkv", [12, 4], .normal(deviation: 1), role: .weight, hiddenMaps: 3)
    let vector = scope.parameter("bias", [5], .normal(deviation: 1), role: .bias)
    let apart = ParameterScope()
    let parts = (0..<3).map { apart.parameter("\($0)", [4, 4], .zeros, role: .weight, hiddenMaps: 1) }
    let (store, other) = (ParameterStore(scope, seed: 2), ParameterStore(apart, seed: nil))
    for (number, part) in parts.enumerated() {
      other.setValues(Array(store.values(of: joint)[16 * number..<16 * (number + 1)]), of: part)
    }
    let start = store.values(of: vector)
    var recipe = OptimizerRecipe(baseLearningRate: 1, undecayed: [.bias])
    recipe.kind = .muon
    let plain = recipe.optimizer(for: other, on: Kernels(threads: 1))
    recipe.matrixRateFactor = 2
    let doubled = recipe.optimizer(for: store, on: Kernels(threads: 2))
    var random = RandomStream(seed: 3)
    for _ in 0..<3 {
      let gradient = (0..<48).map { _ in Float(random.normal()) }
      for store in [store, other] { store.completeGradients() }
      let place = store.place(of: joint)
      store.gradients.values(place, shape: [48]).assign(gradient)
      for (number, part) in parts.enumerated() {
        let place = other.place(of: part)
        other.gradients.values(place, shape: [16]).assign(Array(gradient[16 * number..<16 * (number + 1)]))
      }
      doubled.update(learningRate: 0.05)
      plain.update(learningRate: 0.1)
    }
    #expect(store.values(of: joint) == parts.flatMap { other.values(of: $0) })
    #expect(store.values(of: vector) == start)
    #expect(doubled.stepCount == 3)
  }

  @Test("an update is as long as one of AdamW: a fifth of the rate for each number", arguments: [(64, 64), (24, 192), (192, 24)])
  func length(shape: (rows: Int, columns: Int)) {
    let scope = ParameterScope()
    let weight = scope.parameter("w", [shape.rows, shape.columns], .zeros, role: .weight, hiddenMaps: 1)
    let store = ParameterStore(scope, seed: 1)
    var recipe = OptimizerRecipe(baseLearningRate: 1, undecayed: [])
    recipe.kind = .muon
    let optimizer = recipe.optimizer(for: store, on: Kernels(threads: 1))
    var random = RandomStream(seed: 7)
    store.completeGradients()
    store.gradients.assign((0..<store.gradients.count).map { _ in Float(random.normal()) })
    optimizer.update(learningRate: 1)
    let squares = store.values(of: weight).reduce(0) { $0 + Double($1) * Double($1) }
    let mean = (squares / Double(weight.count)).squareRoot()
    #expect((0.13...0.25).contains(mean), "\(mean)")
  }

  @Test("the loss falls on stripes") func lossFalls() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(.mae, steps: 150)
    recipe.optimizer.kind = .muon
    let run = try Small.pretraining(recipe, in: folder.path + "/run")
    #expect(try run.train() == .finished)
    let losses = try StepMetrics.read(run.folder.metricsPath).compactMap(\.loss)
    let (early, late) = (losses.prefix(10).reduce(0, +) / 10, losses.suffix(10).reduce(0, +) / 10)
    #expect(late < 0.985 * early, "from \(early) to \(late)")
  }

  @Test("another optimizer's checkpoint is not taken for one's own")
  func foreign() throws {
    let folder = TemporaryFolder()
    let recipe = Small.recipe(.mae, steps: 3)
    _ = try Small.pretraining(recipe, in: folder.path + "/run").train(stopAfter: 1)
    var other = recipe
    other.optimizer.kind = .muon
    let error = #expect(throws: TrainingError.self) { try Small.pretraining(other, in: folder.path + "/run") }
    #expect(error?.description.contains("belongs to another recipe") == true)
    #expect(other.differences(from: recipe).map(\.name) == ["--optimizer"])
  }
}
