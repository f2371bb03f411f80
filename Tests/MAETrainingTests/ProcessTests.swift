import Foundation
import MAECluster
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining
import TestSupport
import Testing

/// The part of each batch that is a process's own.
private final class PartSource: BatchSource {
  private let source: StripeSource
  private let processes: any Processes
  var waitSeconds: Double { source.waitSeconds }
  var badFiles: [BadFile] { [] }

  init(_ recipe: Recipe, startingAt batch: Int, _ processes: any Processes) {
    (source, self.processes) = (StripeSource(recipe, startingAt: batch), processes)
  }

  func next() throws -> ClipBatch {
    let whole = try source.next()
    let part = processes.part(of: whole.shape.samples)
    var shape = whole.shape
    shape.samples = part.count
    let count = shape.valuesPerSample
    return ClipBatch(
      shape: shape, pixels: Array(whole.pixels[part.lowerBound * count..<part.upperBound * count]),
      samples: Array(whole.samples[part]))
  }
}

/// What a run comes to.
private struct Trace: Sendable {
  var losses: [Double] = []
  var weights: [Float] = []
  /// √ of AdamW's second moments, beside the weights.
  var sizes: [Float] = []
}

@Suite struct ProcessTests {
  /// A guide looks with the weights of the first step, which all have, so that the same is hidden in all: cuts may turn on a last
  /// bit.
  private static func recipe(_ method: MAEModels.Method, steps: Int, batch: Int) -> Recipe {
    var recipe = Small.recipe(method, steps: steps)
    recipe.run.batchSize = batch
    if recipe.model.masking.guide != nil || method == .selfGuided {
      recipe.guidance = GuidanceRecipe(start: .share(0), mode: .frozen)
    }
    recipe.optimizer.clipGradient = 0.5
    return recipe
  }

  /// Trains without a folder.
  private static func train(_ recipe: Recipe, _ processes: any Processes) throws -> Trace {
    let model = try Model(recipe.model, seed: recipe.run.seed)
    let kernels = Kernels(threads: 1)
    let plan = TrainingPlan(recipe, batchesPerEpoch: 7)
    let none = GuidePictures(count: 0, fingerprint: "none") { _, _ in nil }
    let trainer = Trainer(
      plan, model: model, optimizer: recipe.optimizer.optimizer(for: model.parameters, on: kernels),
      source: PartSource(recipe, startingAt: 0, processes),
      state: TrainingState(seed: recipe.run.seed, recipe: recipe.fingerprint, data: ""),
      masks: SelfGuide(plan, model: model, pictures: none, processes: processes, on: kernels), processes: processes, on: kernels)
    var trace = Trace()
    while !trainer.isFinished { trace.losses.append(try trainer.step().loss ?? .nan) }
    for parameter in model.parameters.parameters where parameter.isTrainable {
      trace.weights += model.parameters.values(of: parameter)
      let second = trainer.optimizer.state(of: parameter).first { $0.name == "exp_avg_sq" }
      trace.sizes += second?.values.floats().map { $0.squareRoot() } ?? []
    }
    return trace
  }

  @Test(
    "processes that share each batch train what one does, even parts or uneven ones", arguments: [2, 3],
    [MAEModels.Method.mae, .videomae, .siammae, .uMAE, .selfGuided])
  func sharing(count: Int, method: MAEModels.Method) throws {
    let recipe = Self.recipe(method, steps: 50, batch: 8)
    let alone = try Self.train(recipe, SingleProcess())
    let shared = try ThreadProcesses.run(count) { try Self.train(recipe, $0) }
    for trace in shared {
      #expect(trace.losses == shared[0].losses && trace.weights == shared[0].weights, "all have the same bits")
      for (step, (loss, expected)) in zip(trace.losses, alone.losses).enumerated() {
        #expect(abs(loss - expected) <= 1e-5 * max(1, abs(expected)), "step \(step + 1): \(loss), alone \(expected)")
      }
    }
    // An element whose gradients are rounding noise moves by the whole rate in a random direction.
    let differences = alone.weights.indices.filter { alone.sizes[$0] > 1e-5 }
      .map { abs(shared[0].weights[$0] - alone.weights[$0]) }
    #expect(differences.count > alone.weights.count / 3)
    #expect(differences.max() ?? 1 < 1e-3)
  }

  @Test("stills are looked at in parts, and what is found is what one process finds", arguments: [2, 3]) func looking(count: Int)
    throws
  {
    let recipe = {
      var recipe = Self.recipe(.selfGuided, steps: 3, batch: 6)
      recipe.guidance = GuidanceRecipe(start: .share(0), mode: .image)
      return recipe
    }()
    // Each picture is the first stripes of another batch; one cannot be read.
    let pictures = GuidePictures(count: 5, fingerprint: "stripes") { file, _ in
      guard file != 3, let batch = try? StripeSource(recipe, startingAt: file).next() else { return nil }
      let pixels = Array(batch.pixels.prefix(batch.shape.valuesPerSample))
      return GuidePictures.Picture(clip: Clip(size: batch.shape.size, times: [0], pixels: pixels), size: batch.shape.size)
    }
    @Sendable func look(_ processes: any Processes) throws -> RelevanceMaps? {
      let (model, kernels) = (try Model(recipe.model, seed: 1), Kernels(threads: 1))
      let guide = SelfGuide(
        TrainingPlan(recipe, batchesPerEpoch: 7), model: model, pictures: pictures, processes: processes, on: kernels)
      let clips = try PartSource(recipe, startingAt: 0, processes).next()
      _ = try guide?.masks(for: clips, at: MaskMoment(step: 0, progress: 0, random: RandomStream(seed: 2)))
      return guide?.maps
    }
    let alone = try #require(try look(SingleProcess()))
    #expect(alone.count == 5)
    #expect(try ThreadProcesses.run(count, look).allSatisfy { $0 == alone })
  }

  @Test("gradients of several batches are added up once a step") func accumulation() throws {
    var recipe = Self.recipe(.mae, steps: 12, batch: 6)
    recipe.run.accumulation = 3
    let alone = try Self.train(recipe, SingleProcess())
    let shared = try ThreadProcesses.run(2) { [recipe] in try Self.train(recipe, $0) }
    for (loss, expected) in zip(shared[0].losses, alone.losses) { #expect(abs(loss - expected) <= 1e-5) }
  }

  @Test("as many processes give the same bytes each time", arguments: [2, 3]) func sameBytes(count: Int) throws {
    let recipe = Self.recipe(.uMAE, steps: 10, batch: 7)
    let (first, second) = try (
      ThreadProcesses.run(count) { try Self.train(recipe, $0) }, ThreadProcesses.run(count) { try Self.train(recipe, $0) }
    )
    #expect(first[0].losses == second[0].losses && first[0].weights == second[0].weights)
  }

  private static func pretraining(_ recipe: Recipe, in path: String, _ processes: any Processes) throws -> Pretraining {
    try Pretraining(
      recipe, manifest: Manifest(files: [ManifestFile(path: "stripes", kind: .still)]), batchesPerEpoch: 7,
      in: RunFolder(path, for: processes), environment: RunEnvironment(commandLine: ["test"], threads: 1),
      on: Kernels(threads: 1), processes: processes
    ) { state, phase in PartSource(phase, startingAt: state.cursor, processes) }
  }

  @Test("a run that stopped goes on in another number of processes") func otherCount() throws {
    let folder = TemporaryFolder()
    let recipe = Self.recipe(.videomae, steps: 15, batch: 6)
    _ = try Self.pretraining(recipe, in: folder.path("whole"), SingleProcess()).train()
    let expected = try StepMetrics.read(folder.path("whole/metrics.jsonl"))
    for (count, end) in [(2, 5), (3, 10), (1, 15)] {
      let outcomes = try ThreadProcesses.run(count) { processes in
        let run = try Self.pretraining(recipe, in: folder.path("parts"), processes)
        // One of them is told to stop; all do.
        let asked = processes.rank == count - 1
        return try run.train(isCancelled: { asked && run.trainer.state.step == end })
      }
      #expect(outcomes.allSatisfy { $0 == (end == 15 ? .finished : .interrupted(step: end)) })
    }
    let found = try StepMetrics.read(folder.path("parts/metrics.jsonl"))
    #expect(found.map(\.step) == Array(1...15))
    for (line, other) in zip(found, expected) {
      #expect(abs((line.loss ?? .nan) - (other.loss ?? 0)) <= 1e-5)
      #expect(line.epoch == other.epoch && line.lr == other.lr)
    }
    #expect(
      found.map { $0.processes?.count } == Array(repeating: 2, count: 5) + Array(repeating: 3, count: 5)
        + Array(repeating: nil, count: 5))
  }

  @Test("where the evaluation of the last step is broken off, all stop, and all go on with it") func brokenOff() throws {
    final class Judge: ModelEvaluator {
      private let answer: () throws -> Double
      init(_ answer: @escaping () throws -> Double) { self.answer = answer }
      func accuracy(of model: Model) throws -> Double { try answer() }
    }
    let folder = TemporaryFolder()
    let recipe = {
      var recipe = Self.recipe(.mae, steps: 4, batch: 4)
      recipe.evaluation.every = 2
      return recipe
    }()
    for isBrokenOff in [true, true, false] {
      let outcomes = try ThreadProcesses.run(2) { processes in
        let run = try Self.pretraining(recipe, in: folder.path("run"), processes)
        let judge = Judge {
          if isBrokenOff, run.trainer.state.step == 4 { throw DataError(.interrupted, "Reading was stopped") }
          return 0.5
        }
        return try run.train(evaluator: judge)
      }
      #expect(outcomes.allSatisfy { $0 == (isBrokenOff ? .interrupted(step: 4) : .finished) })
    }
    let lines = try StepMetrics.read(folder.path("run/metrics.jsonl"))
    #expect(lines.map(\.step) == Array(1...4) && lines.map { $0.evaluation?.top1 } == [nil, 0.5, nil, 0.5])
  }

  @Test("the first process alone writes, and its running mean of weights reaches all") func writing() throws {
    let folder = TemporaryFolder()
    var recipe = Self.recipe(.mae, steps: 4, batch: 4)
    recipe.run.saveEvery = 2
    for _ in 0..<2 {
      try ThreadProcesses.run(2) { [recipe] processes in
        // The others get a folder of their own, in which nothing may appear.
        let path = folder.path(processes.isFirst ? "run" : "other")
        _ = try Self.pretraining(recipe, in: path, processes).train()
      }
    }
    #expect(try folder.names("run/checkpoints").contains("step-000004"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("other")))
  }

  @Test("more processes than samples, and processes that train something else, are refused") func refusals() throws {
    let folder = TemporaryFolder()
    let few = #expect(throws: TrainingError.self) {
      try ThreadProcesses.run(3) { _ = try Self.pretraining(Self.recipe(.mae, steps: 4, batch: 2), in: folder.path("few"), $0) }
    }
    #expect(few?.description.hasPrefix("--batch-size is 2, and 3 processes share each batch") == true)
    let different = #expect(throws: ProcessError.self) {
      try ThreadProcesses.run(2) { processes in
        var recipe = Self.recipe(.mae, steps: 4, batch: 4)
        if processes.rank == 1 { recipe.optimizer.weightDecay = 0.3 }
        _ = try Self.pretraining(recipe, in: folder.path("different"), processes)
      }
    }
    #expect(different?.description.hasPrefix("the processes differ in settings") == true)
  }

  @Test("a folder that cannot be had is refused by all, with one sentence") func noFolder() throws {
    let found = try ThreadProcesses.run(2) { processes in
      do {
        _ = try RunFolder("/proc/nothing/here", for: processes)
        return "made"
      } catch { return "\(error)" }
    }
    #expect(found[0].hasPrefix("/proc/nothing: the folder cannot be made") && found[1] == found[0])
  }
}

@Suite struct ClusterForecastTests {
  @Test("a step is computing, adding up and waiting") func parts() {
    let network = Network(bandwidth: 1e9, latency: 0)
    let forecast = ClusterForecast(
      processes: 4, network: network, gradients: 25_000_000, stepSeconds: [0.4, 0.4, 0.4], batchSize: 64, part: 16)
    #expect(forecast.computing == 0.4 && forecast.waiting < 1e-9)
    #expect(abs(forecast.summing - 0.15) < 1e-12)
    #expect(abs(forecast.efficiency - 0.4 / 0.55) < 1e-9)
    let uneven = ClusterForecast(
      processes: 64, network: network, gradients: 1, stepSeconds: [0.39, 0.4, 0.41], batchSize: 64, part: 1)
    #expect(abs(uneven.waiting - 0.01 * (2 * log(64.0)).squareRoot()) < 1e-9)
  }
}
