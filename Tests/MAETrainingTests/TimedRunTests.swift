import Foundation
import MAEData
import MAEEngine
import MAEModels
import MAETraining
import TestSupport
import Testing

/// Runs with a time limit.
@Suite struct TimedRunTests {
  private func recipe(_ limit: String, steps: Int? = nil) -> Recipe {
    var recipe = Small.recipe(.videomae, steps: 1)
    recipe.schedule.steps = steps
    recipe.schedule.maxTime = TimeLimit(limit)
    return recipe
  }

  private func plan(_ path: String) throws -> TimePlan {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(TimePlan.self, from: Data(contentsOf: URL(fileURLWithPath: path + "/plan.json")))
  }

  @Test("a run has the steps that its folder says, with the rates of a run so long")
  func planned() throws {
    let folder = TemporaryFolder()
    let path = folder.path("run")
    let recipe = recipe("2s")
    let run = try Small.pretraining(recipe, in: path)
    let watch = ContinuousClock.now
    #expect(try run.train() == .finished)
    #expect(ContinuousClock.now - watch < .seconds(20))
    let lengths = try plan(path).lengths
    #expect((2...3).contains(lengths.count), "\(lengths)")
    let lines = try StepMetrics.read(path + "/metrics.jsonl")
    #expect(lines.count == lengths.last?.steps)
    for line in lines {
      let length = try plan(path).length(after: line.step - 1)
      let expected = TrainingPlan(recipe, batchesPerEpoch: 7, steps: length.steps).schedule.rate(at: line.step - 1)
      #expect(line.lr == expected, "step \(line.step)")
    }
    #expect(run.plan.isCutByTime)
    #expect(run.trainer.state.elapsed ?? 0 > run.trainer.state.seconds)
  }

  @Test("another length holds where it is the shorter one")
  func shorter() throws {
    let folder = TemporaryFolder()
    let run = try Small.pretraining(recipe("1h", steps: 9), in: folder.path("run"))
    #expect(run.plan.steps == 9 && !run.plan.isCutByTime)
    #expect(try run.train() == .finished)
    let same = try Small.pretraining(Small.recipe(.videomae, steps: 9), in: folder.path("same"))
    try same.train()
    func weights(_ run: String) throws -> Data { try folder.data("\(run)/checkpoints/step-000009/model.safetensors") }
    #expect(try weights("run") == weights("same"))
  }

  @Test(
    "with its plan a run ends at the same bits, whatever the threads and however often it was stopped or killed",
    arguments: [nil, [Stage(2, share: 0.2)]] as [[Stage<Int>]?])
  func continued(frames: [Stage<Int>]?) throws {
    let folder = TemporaryFolder()
    var recipe = recipe("1h")
    // Clips grow at step 18 of 90; of 200 that are only guessed it would be 40, and of 41 it would have been 8.
    recipe.schedule.frames = frames
    recipe.run.keep = 100
    recipe.run.saveEvery = 7
    // A plan with a correction leaves nothing to clocks.
    let lengths = [(0, 200), (12, 90), (30, 41)].map { #"{"after": \#($0), "steps": \#($1), "seconds_per_step": 0.1}"# }
    let plan = #"{"lengths": [\#(lengths.joined(separator: ", "))]}"#
    func begin(_ name: String) throws -> String {
      let path = folder.path(name)
      _ = try Small.pretraining(recipe, in: path)
      try plan.write(toFile: path + "/plan.json", atomically: true, encoding: .utf8)
      return path
    }
    let whole = try begin("whole")
    #expect(try Small.pretraining(recipe, in: whole).train() == .finished)

    let parts = try begin("parts")
    for (stop, threads) in [(5, 2), (12, 1), (20, 2), (33, 3)] {
      let run = try Small.pretraining(recipe, in: parts, threads: threads)
      #expect(try run.train(stopAfter: stop) == .interrupted(step: stop))
      // As if it had been killed: it goes on from a checkpoint before the lengths changed.
      try? FileManager.default.removeItem(atPath: "\(parts)/checkpoints/step-0000\(stop < 10 ? "0" : "")\(stop)")
    }
    do {
      let last = try Small.pretraining(recipe, in: parts, threads: 2)
      #expect(last.continuedFrom == 28)
      #expect(try last.train() == .finished)
      #expect(last.trainer.state.step == 41)
    }
    for file in ["model.safetensors", "optimizer.safetensors"] {
      #expect(
        try folder.data("whole/checkpoints/step-000041/\(file)") == folder.data("parts/checkpoints/step-000041/\(file)"))
    }
    #expect(try folder.text("parts/plan.json") == plan)
    #expect(try Small.pretraining(recipe, in: parts).trainer.isFinished)
  }

  @Test("a plan that is no plan is said to be one")
  func damaged() throws {
    let folder = TemporaryFolder()
    let path = folder.path("run")
    _ = try Small.pretraining(recipe("1h"), in: path)
    for text in ["{", "{\"lengths\": []}"] {
      try text.write(toFile: path + "/plan.json", atomically: true, encoding: .utf8)
      let error = #expect(throws: TrainingError.self) { try Small.pretraining(recipe("1h"), in: path) }
      #expect(error?.description.contains("plan.json: is not the plan of a run; remove it") == true)
    }
  }

  @Test("another time is another run")
  func another() throws {
    let folder = TemporaryFolder()
    let run = try RunFolder(folder.path("run"))
    let error = #expect(throws: TrainingError.self) { try run.requireAgreement(of: recipe("2h"), with: recipe("1h")) }
    #expect(error?.description.contains("--max-time is 2h, there 1h") == true)
    #expect(error?.description.contains("--init") == true)
  }

  @Test("a guide waits for the decoder no longer than a quarter of a run that its time cuts short")
  func guide() throws {
    var recipe = MAEModels.Method.selfGuided.recipe(.tiny)
    recipe.schedule.epochs = 400
    recipe.schedule.maxTime = TimeLimit("1h")
    #expect(TrainingPlan(recipe, batchesPerEpoch: 7, steps: 100).latestGuideStart == 25)
    // Twenty epochs are enough to wait, and a run that is not cut is the paper's.
    #expect(TrainingPlan(recipe, batchesPerEpoch: 7, steps: 140).latestGuideStart == nil)
    #expect(TrainingPlan(recipe, batchesPerEpoch: 7).latestGuideStart == nil)
    recipe.schedule.epochs = 5
    recipe.schedule.maxTime = nil
    #expect(TrainingPlan(recipe, batchesPerEpoch: 7).latestGuideStart == nil)
  }
}
