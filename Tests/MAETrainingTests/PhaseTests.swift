import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining
import TestSupport
import Testing

/// Runs whose input size, frames or mask ratio change on the way.
@Suite struct PhaseTests {
  /// Eight steps, of which the first four are on half the input; for each kind of position table.
  private static let recipes: [String: Recipe] = {
    func recipe(_ method: MAEModels.Method, _ change: (inout Recipe) -> Void = { _ in }) -> Recipe {
      var recipe = Small.recipe(method, steps: 8)
      recipe.schedule.inputSizes = [Stage(FrameSize(square: 16), share: 0.5)]
      change(&recipe)
      return recipe
    }
    return [
      "a plane": recipe(.mae),
      "learned, with class tokens": recipe(.pixio) { $0.model.masking.rounding = .visibleDown },
      "cross-attention": recipe(.crossmae),
      "learned, by Muon": recipe(.pixio) {
        $0.model.masking.rounding = .visibleDown
        $0.optimizer.kind = .muon
      },
      "a sequence": recipe(.videomae) {
        $0.schedule.inputSizes = nil
        $0.schedule.frames = [Stage(2, share: 0.5)]
      },
      "space and time": recipe(.maeST) {
        $0.model.input.frames = 4
        $0.model.target.predictedFrames = 2
        $0.schedule.frames = [Stage(2, share: 0.25)]
        $0.schedule.maskRatios = [Stage(0.5, share: 0.75)]
      },
    ]
  }()

  /// Values of all parameters and moments, and the log without times.
  private func trace(_ run: Pretraining) throws -> (numbers: [[Float]], losses: [Double?], baselines: [Double?]) {
    let parameters = run.model.parameters
    let moments = parameters.parameters.filter(\.isTrainable).flatMap { parameter in
      run.trainer.optimizer.state(of: parameter).map { $0.values.floats() }
    }
    let lines = try StepMetrics.read(run.folder.metricsPath)
    return (parameters.parameters.map { parameters.values(of: $0) } + moments, lines.map(\.loss), lines.map(\.baseline))
  }

  @Test(
    "a run that stopped before, at or after a switch and went on equals one that did not, bit for bit",
    arguments: recipes.keys.sorted(), [3, 4, 5])
  func resume(name: String, stop: Int) throws {
    let folder = TemporaryFolder()
    let recipe = try #require(Self.recipes[name])
    let whole = try Small.pretraining(recipe, in: folder.path("whole"))
    #expect(try whole.train() == .finished)
    do {
      let first = try Small.pretraining(recipe, in: folder.path("parts"))
      #expect(try first.train(stopAfter: stop) == .interrupted(step: stop))
    }
    let second = try Small.pretraining(recipe, in: folder.path("parts"), threads: 2)
    #expect(second.continuedFrom == stop)
    #expect(try second.train() == .finished)
    let (expected, found) = try (trace(whole), trace(second))
    #expect(found.numbers == expected.numbers)
    #expect(found.losses == expected.losses)
    #expect(found.baselines == expected.baselines)
    #expect(found.numbers.allSatisfy { $0.allSatisfy(\.isFinite) })
  }

  /// Remembers what the model was in each step.
  private final class Watcher: TrainingObserver {
    weak var run: Pretraining?
    private(set) var sizes: [Int] = []
    private(set) var notes: [String] = []
    private(set) var left: [Double] = []

    func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) {
      sizes.append(run?.model.configuration.input.size.width ?? 0)
      left.append(plan.stepsLeft(after: metrics.step))
    }
    func note(_ text: String) { notes.append(text) }
  }

  @Test("each step has the input of its phase, and no sample is passed over or drawn twice") func geometry() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(steps: 10)
    recipe.run.accumulation = 2
    recipe.run.saveEvery = 1
    recipe.run.keep = 20
    recipe.schedule.inputSizes = [Stage(FrameSize(square: 16), share: 0.3), Stage(FrameSize(square: 24), share: 0.3)]
    recipe.model.masking.ratio = 0.5
    let run = try Small.pretraining(recipe, in: folder.path("run"))
    let watcher = Watcher()
    watcher.run = run
    #expect(try run.train(observer: watcher) == .finished)
    #expect(watcher.sizes == [16, 16, 16, 24, 24, 24, 32, 32, 32, 32])
    #expect(run.trainer.state.cursor == 20 && run.trainer.state.phase == 2 && run.trainer.optimizer.stepCount == 10)
    #expect(watcher.notes.filter { $0.contains("from here on inputs are") }.count == 2)
    #expect(watcher.notes.contains("step 4: from here on inputs are 24×24, and 4 of 9 tokens are visible"))
    // The last steps are the dear ones: what is left counts more than there are steps, until they are reached.
    #expect(watcher.left[0] > 9 && abs(watcher.left[6] - 3) < 1e-9)
    let lines = try StepMetrics.read(run.folder.metricsPath)
    #expect(Set(lines.compactMap(\.baseline)).count == 3)

    // A checkpoint has the geometry of the step that it was written after, whoever reads it.
    for (step, side) in [(0, 16), (3, 16), (4, 24), (6, 24), (7, 32), (10, 32)] {
      let checkpoint = try Checkpoint.read(path: run.folder.checkpointsPath + "/" + CheckpointStore.name(step))
      #expect(checkpoint.configuration.input.size.width == side, "step \(step)")
      #expect(try checkpoint.model().report.missing.isEmpty)
    }
    let state = try folder.text("run/checkpoints/step-000003/state.json")
    #expect(!state.contains("phase"))
    #expect(try folder.text("run/checkpoints/step-000004/state.json").contains("\"phase\""))
  }

  @Test("batches that workers read ahead have the size of the step that they are for", arguments: [0, 1, 2])
  func workers(count: Int) throws {
    let folder = TemporaryFolder()
    try SyntheticSamples.render(
      into: folder.path("media"), clips: 3, stills: 0, size: FrameSize(width: 48, height: 32), frames: 12)
    let manifest = try Manifest([folder.path("media")])
    var recipe = Small.recipe(.videomae, steps: 8)
    recipe.data.samplingRate = 1
    recipe.schedule.inputSizes = [Stage(FrameSize(square: 16), share: 0.5)]
    recipe.schedule.frames = [Stage(2, share: 0.25)]
    recipe.data.workers = 1
    let kernels = Kernels(threads: 1)
    let whole = try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path("whole")), on: kernels)
    #expect(try whole.train() == .finished)
    for stop in [2, 3] {
      recipe.data.workers = count
      let part = try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path("parts")), on: kernels)
      _ = try part.train(stopAfter: stop)
    }
    recipe.data.workers = 2
    let last = try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path("parts")), on: kernels)
    #expect(try last.train() == .finished)
    for file in ["model.safetensors", "optimizer.safetensors"] {
      #expect(try folder.data("parts/checkpoints/step-000008/\(file)") == folder.data("whole/checkpoints/step-000008/\(file)"))
    }
  }

  @Test("labels are judged on the inputs that the run ends with, and held-out files on those of the phase") func judged() throws {
    final class Judge: ModelEvaluator {
      private(set) var sizes: [Int] = []
      func accuracy(of model: Model) -> Double {
        sizes.append(model.configuration.input.size.width)
        return 0.5
      }
    }
    let folder = TemporaryFolder()
    try SyntheticSamples.render(into: folder.path("media"), clips: 0, stills: 8)
    var recipe = Small.recipe(steps: 4)
    recipe.schedule.inputSizes = [Stage(FrameSize(square: 16), share: 0.5)]
    recipe.evaluation.every = 2
    recipe.evaluation.holdout = 0.25
    let judge = Judge()
    let run = try Pretraining(
      recipe, manifest: Manifest([folder.path("media")]), in: RunFolder(folder.path("run")), on: Kernels(threads: 1))
    #expect(run.heldOut.count == 2)
    #expect(try run.train(evaluator: judge) == .finished)
    #expect(judge.sizes == [32, 32, 32])
    let losses = try StepMetrics.read(run.folder.metricsPath).compactMap { $0.evaluation?.holdoutLoss }
    #expect(losses.count == 2 && losses.allSatisfy { $0 > 0 && $0.isFinite })
  }

  @Test("an evaluation that is broken off before a switch is made up for on the inputs before it") func brokenOff() throws {
    final class Judge: ModelEvaluator {
      private let answer: (Model) throws -> Double
      init(_ answer: @escaping (Model) throws -> Double) { self.answer = answer }
      func accuracy(of model: Model) throws -> Double { try answer(model) }
    }
    let folder = TemporaryFolder()
    try SyntheticSamples.render(into: folder.path("media"), clips: 0, stills: 8)
    let manifest = try Manifest([folder.path("media")])
    let recipe = {
      var recipe = Small.recipe(steps: 8)
      recipe.schedule.inputSizes = [Stage(FrameSize(square: 16), share: 0.25), Stage(FrameSize(square: 24), share: 0.25)]
      recipe.model.masking.ratio = 0.5
      recipe.evaluation.every = 2
      recipe.evaluation.holdout = 0.25
      return recipe
    }()
    func train(_ name: String, isBrokenOff: Bool = false) throws -> TrainingOutcome {
      let run = try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path(name)), on: Kernels(threads: 1))
      let judge = Judge { model in
        if isBrokenOff, run.trainer.state.step == 2 { throw DataError(.interrupted, "Reading was stopped") }
        // Turns on every bit of the weights.
        let hash = model.parameters.trainable.floats().reduce(UInt32(0)) { $0 &* 31 &+ $1.bitPattern }
        return Double(hash % 1009) / 1009
      }
      return try run.train(evaluator: judge)
    }
    #expect(try train("whole") == .finished)
    #expect(try train("parts", isBrokenOff: true) == .interrupted(step: 2))
    #expect(try train("parts") == .finished)
    let (expected, found) = try (
      StepMetrics.read(folder.path("whole/metrics.jsonl")), StepMetrics.read(folder.path("parts/metrics.jsonl"))
    )
    #expect(found.map { $0.evaluation?.holdoutLoss } == expected.map { $0.evaluation?.holdoutLoss })
    #expect(found.map { $0.evaluation?.top1 } == expected.map { $0.evaluation?.top1 })
    #expect(found.filter { $0.evaluation?.holdoutLoss != nil }.map(\.step) == [2, 4, 6, 8])
    let weights = "checkpoints/step-000008/model.safetensors"
    #expect(try folder.data("parts/\(weights)") == folder.data("whole/\(weights)"))
  }

  @Test("a model goes to another grid as its file does", arguments: ["a plane", "learned, with class tokens", "space and time"])
  func adapted(name: String) throws {
    let folder = TemporaryFolder()
    let recipe = try #require(Self.recipes[name])
    let phases = recipe.phases
    let small = try Model(phases[0].recipe.model, seed: 3)
    try Checkpoint.write(small, to: folder.path)
    let large = try small.adapted(to: recipe.model)
    let loaded = try Model(recipe.model, seed: nil)
    _ = try Checkpoint.read(path: folder.path).load(into: loaded)
    let fresh = try Model(recipe.model, seed: 9)
    for parameter in large.parameters.parameters {
      // Fixed tables are those of the new grid; files interpolate them for whoever fine-tunes.
      let other = parameter.isTrainable ? loaded : fresh
      let expected = try #require(other.parameters[parameter.name])
      #expect(large.parameters.values(of: parameter) == other.parameters.values(of: expected), "\(parameter.name)")
    }
    #expect(try small.adapted(to: small.configuration) === small)
  }

  @Test("no step is longer than those before for the change of a learned table", arguments: [(16, 32), (32, 16), (24, 40)])
  func moments(sides: (Int, Int)) throws {
    func model(_ side: Int) throws -> Model {
      var recipe = Small.recipe(.pixio, steps: 1)
      recipe.model.masking.rounding = .visibleDown
      recipe.model.masking.ratio = 0.5
      recipe.model.input.size = FrameSize(square: side)
      return try Model(recipe.model, seed: 1)
    }
    let (old, new, kernels) = (try model(sides.0), try model(sides.1), Kernels(threads: 1))
    let optimizers = [old, new].map {
      AdamW(OptimizerRecipe(baseLearningRate: 1, undecayed: []), for: $0.parameters, on: kernels)
    }
    var random = RandomStream(seed: 5)
    for parameter in old.parameters.parameters where parameter.isTrainable {
      let first = (0..<parameter.count).map { _ in Float(random.uniform(-1, 1)) }
      // At most one to one, over many sizes.
      let second = first.map { $0 * $0 * Float(exp(random.uniform(0, 9))) }
      for ((_, moment), values) in zip(optimizers[0].state(of: parameter), [first, second]) { moment.assign(values) }
    }
    optimizers[0].setStepCount(7)
    optimizers[1].takeState(of: optimizers[0], old, adaptedTo: new)
    #expect(optimizers[1].stepCount == 7)
    for (before, after) in zip(old.parameters.parameters, new.parameters.parameters) where after.isTrainable {
      let then = optimizers[0].state(of: before).map { $0.values.floats() }
      let now = optimizers[1].state(of: after).map { $0.values.floats() }
      if after.role != .position || sides.0 == sides.1 { #expect(then == now, "\(after.name)") }
      for (first, second) in zip(now[0], now[1]) {
        #expect(abs(first) <= second.squareRoot() * 1.0001, "\(after.name): \(first), \(second)")
      }
    }
  }
}
