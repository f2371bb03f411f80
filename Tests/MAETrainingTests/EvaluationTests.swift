import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining
import TestSupport
import Testing

/// What a run measures beside its loss.
@Suite struct EvaluationTests {
  /// Counts how often it is asked, and answers as it is told.
  private final class Judge: ModelEvaluator {
    private(set) var asked = 0
    private let answer: (Int) -> Double

    init(_ answer: @escaping (Int) -> Double = { Double($0) / 100 }) { self.answer = answer }

    func accuracy(of model: Model) -> Double {
      asked += 1
      return answer(asked)
    }
  }

  @Test("predicting each normalised target's mean costs about 0.99, and what one patch is like nothing")
  func baseline() throws {
    let recipe = Small.recipe(steps: 1)
    let kernels = Kernels(threads: 2)
    let clips = try StripeSource(recipe, startingAt: 0).next()
    func loss(_ configuration: ModelConfiguration, _ clips: ClipBatch) throws -> Double {
      let model = try Model(configuration, seed: 1)
      let masks = try model.masks(for: clips.samples, random: RandomStream(seed: 0))
      return try #require(Baseline.loss(of: [(clips, masks)], by: model, on: kernels))
    }
    let normalised = try loss(recipe.model, clips)
    // A patch of n values with variance σ² (divided by n − 1) costs (n − 1) / n.
    #expect(abs(normalised - 191.0 / 192) < 0.01, "\(normalised)")
    var pixels = recipe.model
    pixels.target.normalization = .none
    let grey = ClipBatch(
      shape: clips.shape, pixels: [UInt8](repeating: 90, count: clips.pixels.count), samples: clips.samples)
    #expect(try loss(pixels, grey) < 1e-9)
    // Of pixels it is their variance around the mean patch, in standardised units.
    let found = try loss(pixels, clips)
    let model = try Model(pixels, seed: 1)
    let masks = try model.masks(for: clips.samples, random: RandomStream(seed: 0))
    let batch = model.batch(clips, masks: masks)
    let targets = try #require(model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: kernels))).targets
    let (values, width) = (targets.floats().map(Double.init), targets.width)
    let expected = (0..<width).reduce(0.0) { sum, place in
      let column = stride(from: place, to: values.count, by: width).map { values[$0] }
      let mean = column.reduce(0, +) / Double(column.count)
      return sum + column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    #expect(abs(found - expected / Double(values.count)) < 1e-6 * found)
  }

  @Test("measurements neither change weights nor batches, and a continued run measures at the same steps")
  func continuing() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(steps: 12)
    recipe.evaluation.every = 4
    let plain = try Small.pretraining(recipe, in: folder.path("plain"))
    try plain.train()
    let judge = Judge()
    try Small.pretraining(recipe, in: folder.path("judged")).train(evaluator: judge, stopAfter: 6)
    // Before training, and after four steps; the checkpoint of step 6 is where it goes on.
    #expect(judge.asked == 2)
    let again = Judge { 0.5 + Double($0) / 100 }
    try Small.pretraining(recipe, in: folder.path("judged")).train(evaluator: again)
    #expect(again.asked == 2)
    func weights(_ run: String) throws -> Data { try folder.data("\(run)/checkpoints/step-000012/model.safetensors") }
    #expect(try weights("plain") == weights("judged"))
    let lines = try StepMetrics.read(folder.path("judged/metrics.jsonl"))
    #expect(lines.filter { $0.evaluation != nil }.map(\.step) == [4, 8, 12])
    #expect(lines.allSatisfy { $0.evaluation?.untrainedTop1 ?? 0.01 == 0.01 })
    #expect(lines.compactMap { $0.evaluation?.top1 } == [0.02, 0.51, 0.52])
    #expect(Set(lines.compactMap(\.baseline)).count == 1 && lines.allSatisfy { $0.baseline != nil })
  }

  @Test("the best checkpoint stays and has a link")
  func best() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(steps: 12)
    recipe.evaluation.every = 2
    recipe.run.saveEvery = 3
    recipe.run.keep = 1
    // Before training, then after 2, 4, … steps.
    let answers = [0.1, 0.2, 0.6, 0.5, 0.6, 0.3, 0.4]
    try Small.pretraining(recipe, in: folder.path("run")).train(evaluator: Judge { answers[$0 - 1] })
    #expect(try folder.names("run/checkpoints") == ["best", "last", "step-000004", "step-000012"])
    let target = try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("run/checkpoints/best"))
    #expect(target == "step-000004")
  }

  /// Answers by the model, or fails.
  private final class ModelJudge: ModelEvaluator {
    private let answer: (Model) throws -> Double
    init(_ answer: @escaping (Model) throws -> Double) { self.answer = answer }
    func accuracy(of model: Model) throws -> Double { try answer(model) }
  }

  @Test(
    "an evaluation that is broken off comes first when the run goes on, and then all is as if nobody had stopped it",
    arguments: [4, 8, 12], [1, 2])
  func brokenOff(step: Int, times: Int) throws {
    let folder = TemporaryFolder()
    let recipe = {
      var recipe = Small.recipe(steps: 12)
      recipe.evaluation.every = 4
      recipe.run.saveEvery = 3
      recipe.run.keep = 1
      return recipe
    }()
    // What is found follows from the weights, and is best after the step in question.
    func train(_ name: String, isBrokenOff: Bool) throws -> (outcome: TrainingOutcome, isFinished: Bool) {
      let run = try Small.pretraining(recipe, in: folder.path(name))
      let judge = ModelJudge { model in
        let isStep = run.trainer.state.step == step
        if isBrokenOff, isStep { throw DataError(.interrupted, "Reading was stopped") }
        return Double(model.parameters.trainable.floats()[0].bitPattern % 997) / 9970 + (isStep ? 0.5 : 0)
      }
      let outcome = try run.train(evaluator: judge)
      return (outcome, run.isFinished)
    }
    let whole = try train("whole", isBrokenOff: false)
    #expect(whole.outcome == .finished && whole.isFinished)
    for _ in 0..<times {
      let part = try train("parts", isBrokenOff: true)
      #expect(part.outcome == .interrupted(step: step) && !part.isFinished)
      let lines = try StepMetrics.read(folder.path("parts/metrics.jsonl"))
      #expect(lines.map(\.step) == Array(1...step) && lines.last?.evaluation == nil)
      #expect(try folder.text("parts/evaluation.json").contains("\"pending\" : \(step)"))
    }
    let last = try train("parts", isBrokenOff: false)
    #expect(last.outcome == .finished && last.isFinished)
    #expect(try !folder.text("parts/evaluation.json").contains("pending"))
    let expected = try StepMetrics.read(folder.path("whole/metrics.jsonl"))
    let found = try StepMetrics.read(folder.path("parts/metrics.jsonl"))
    #expect(found.map(\.step) == Array(1...12) && found.map(\.loss) == expected.map(\.loss))
    #expect(found.map { $0.evaluation?.top1 } == expected.map { $0.evaluation?.top1 })
    #expect(found.compactMap { $0.evaluation?.top1 }.count == 3)
    for name in ["whole", "parts"] {
      let best = try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("\(name)/checkpoints/best"))
      #expect(best == String(format: "step-%06d", step) && folder.exists("\(name)/checkpoints/best"), "\(name)")
    }
    for file in ["model.safetensors", "optimizer.safetensors"] {
      #expect(try folder.data("parts/checkpoints/step-000012/\(file)") == folder.data("whole/checkpoints/step-000012/\(file)"))
    }
  }

  @Test("who goes on from an earlier step, or without anything to judge on, has nothing to make up for") func givenUp() throws {
    let folder = TemporaryFolder()
    let recipe = {
      var recipe = Small.recipe(steps: 6)
      recipe.evaluation.every = 3
      recipe.run.saveEvery = 2
      return recipe
    }()
    func train(_ name: String, stopping: Int?) throws -> TrainingOutcome {
      let run = try Small.pretraining(recipe, in: folder.path(name))
      let judge = ModelJudge { _ in
        if run.trainer.state.step == stopping { throw DataError(.interrupted, "Reading was stopped") }
        return 0.5
      }
      return try run.train(evaluator: judge)
    }
    // As if the process had been killed before it had saved.
    #expect(try train("earlier", stopping: 3) == .interrupted(step: 3))
    try FileManager.default.removeItem(atPath: folder.path("earlier/checkpoints/step-000003"))
    #expect(try train("earlier", stopping: nil) == .finished)
    let lines = try StepMetrics.read(folder.path("earlier/metrics.jsonl"))
    #expect(lines.map(\.step) == Array(1...6) && lines.filter { $0.evaluation != nil }.map(\.step) == [3, 6])
    #expect(try train("without", stopping: 6) == .interrupted(step: 6))
    do {
      let run = try Small.pretraining(recipe, in: folder.path("without"))
      #expect(!run.isFinished && run.pendingStep == 6)
      #expect(try run.train() == .finished)
      #expect(run.isFinished)
    }
    #expect(try Small.pretraining(recipe, in: folder.path("without")).isFinished)
    #expect(try StepMetrics.read(folder.path("without/metrics.jsonl")).map(\.step) == Array(1...6))
  }

  /// Changes something after each step.
  private final class Breaker: TrainingObserver {
    private let change: (Int) -> Void
    init(_ change: @escaping (Int) -> Void) { self.change = change }
    func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) { change(metrics.step) }
  }

  @Test(
    "a loss on files left out that is not a number is null, and costs a run that goes on no line, also as text of old",
    arguments: [false, true])
  func notANumber(isOld: Bool) throws {
    let folder = TemporaryFolder()
    try SyntheticSamples.render(into: folder.path("media"), clips: 0, stills: 8)
    var recipe = Small.recipe(steps: 6)
    recipe.evaluation.every = 1
    recipe.evaluation.holdout = 0.25
    let manifest = try Manifest([folder.path("media")])
    do {
      let run = try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path("run")), on: Kernels(threads: 1))
      let parameter = try #require(run.model.parameters.parameters.first { $0.role == .bias })
      let good = run.model.parameters.values(of: parameter)
      let breaker = Breaker { step in
        guard step == 2 || step == 3 else { return }
        run.model.parameters.setValues(step == 2 ? good.map { _ in .nan } : good, of: parameter)
      }
      #expect(try run.train(observer: breaker, stopAfter: 4) == .interrupted(step: 4))
    }
    let text = try folder.text("run/metrics.jsonl")
    #expect(text.contains(#""holdout_loss":null"#) && !text.contains(#""nan""#))
    if isOld {
      try folder.write(text.replacing(#""holdout_loss":null"#, with: #""holdout_loss":"nan""#), to: "run/metrics.jsonl")
    }
    do {
      let run = try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path("run")), on: Kernels(threads: 1))
      #expect(run.continuedFrom == 4)
      #expect(try run.train() == .finished)
    }
    let lines = try StepMetrics.read(folder.path("run/metrics.jsonl"))
    #expect(lines.map(\.step) == Array(1...6))
    let isNumber = lines.map { line in line.evaluation?.holdoutLoss.map(\.isFinite) ?? false }
    #expect(isNumber == [true, true, false, true, true, true])
  }

  @Test("some of many files are held out, the same for a seed")
  func holdout() {
    var recipe = EvaluationRecipe()
    for (files, expected) in [(10, 0), (499, 0), (500, 10), (3340, 66)] { #expect(recipe.heldOutCount(of: files) == expected) }
    recipe.holdout = 0.1
    for (files, expected) in [(1, 0), (10, 1), (500, 50)] { #expect(recipe.heldOutCount(of: files) == expected) }
    recipe.holdout = 0
    #expect(recipe.heldOutCount(of: 10000) == 0)
  }

  @Test("a run that learns nothing says so, and one that learns says how much")
  func closing() throws {
    final class Notes: TrainingObserver {
      var notes: [String] = []
      func note(_ text: String) { notes.append(text) }
    }
    let folder = TemporaryFolder()
    func trained(_ name: String, rate: Double, steps: Int) throws -> (sentence: String, notes: [String]) {
      var recipe = Small.recipe(steps: steps)
      recipe.optimizer.learningRate = rate
      let run = try Small.pretraining(recipe, in: folder.path(name))
      let notes = Notes()
      try run.train(observer: notes)
      return (try #require(run.whatWasLearned), notes.notes)
    }
    let idle = try trained("idle", rate: 1e-9, steps: 260)
    #expect(idle.sentence.contains("where the mean gives 0.99") && idle.sentence.hasSuffix("nothing yet"), "\(idle.sentence)")
    #expect(idle.notes.count { $0.contains("nothing has been learned yet") && $0.contains("--no-norm-pix-loss") } == 1)
    let busy = try trained("busy", rate: 3e-3, steps: 400)
    #expect(busy.sentence.contains("% lower"), "\(busy.sentence)")
  }
}
