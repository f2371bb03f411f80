import Foundation
import MAEModels
import MAERecipes
import MAETraining
import TestSupport
import Testing

/// Runs that go on from another one before its rate fell.
@Suite struct ExtendedRunTests {
  private func recipe(steps: Int, _ change: (inout Recipe) -> Void = { _ in }) -> Recipe {
    var recipe = Small.recipe(.videomae, steps: steps)
    recipe.schedule.kind = .wsd
    recipe.schedule.decayShare = 0.3
    change(&recipe)
    return recipe
  }

  private func extending(_ path: String, _ recipe: Recipe) throws -> Recipe {
    var recipe = recipe
    recipe.run.extends = path
    return try RunToExtend(path).extended(recipe)
  }

  @Test(
    "an extended run ends at the bits of one that was as long from the beginning, wherever it was stopped",
    arguments: [(20, 20, [40]), (20, 9, [16, 31, 40]), (20, 17, [15, 16])], [OptimizerRecipe.Kind.adamW, .muon])
  func bits(way: (steps: Int, stop: Int, stops: [Int]), optimizer: OptimizerRecipe.Kind) throws {
    let folder = TemporaryFolder()
    func recipe(_ steps: Int) -> Recipe { self.recipe(steps: steps) { $0.optimizer.kind = optimizer } }
    try Small.pretraining(recipe(way.steps), in: folder.path("short")).train(stopAfter: way.stop)
    let longer = try extending(folder.path("short"), recipe(40))
    // The warm-up is that of the shorter run.
    func warmupSteps(_ recipe: Recipe) -> Int { TrainingPlan(recipe, batchesPerEpoch: 7).schedule.warmupSteps }
    #expect(longer.schedule.warmupShare == nil && warmupSteps(longer) == warmupSteps(recipe(way.steps)))

    var whole = longer
    whole.run.extends = nil
    try Small.pretraining(whole, in: folder.path("whole")).train()
    for (number, stop) in (way.stops + [40]).enumerated() {
      let run = try Small.pretraining(longer, in: folder.path("long"), threads: 1 + number % 3)
      // Fourteen steps have the peak rate or lead to it.
      #expect(run.continuedFrom == (number == 0 ? nil : way.stops[number - 1]))
      if number == 0 { #expect(run.trainer.state.step == min(14, way.stop)) }
      try run.train(stopAfter: stop)
    }
    for file in ["model.safetensors", "optimizer.safetensors"] {
      let place = "checkpoints/step-000040/\(file)"
      #expect(try folder.data("long/\(place)") == folder.data("whole/\(place)"))
    }
    let lines = try StepMetrics.read(folder.path("long") + "/metrics.jsonl")
    let same = try StepMetrics.read(folder.path("whole") + "/metrics.jsonl").suffix(lines.count)
    #expect(lines.map(\.lr) == same.map(\.lr) && lines.map(\.loss) == same.map(\.loss))
  }

  @Test("a run that can be extended keeps the checkpoint before the rate fell, whatever comes after")
  func kept() throws {
    let folder = TemporaryFolder()
    let run = try Small.pretraining(recipe(steps: 30) { ($0.run.saveEvery, $0.run.keep) = (2, 2) }, in: folder.path("run"))
    try run.train()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("run") + "/checkpoints").sorted()
    #expect(names == ["last", "step-000021", "step-000028", "step-000030"])
    #expect(run.plan.schedule.decayStart == 21)
  }

  @Test("one that was killed before it had a checkpoint begins again where the other one is left")
  func killed() throws {
    let folder = TemporaryFolder()
    try Small.pretraining(recipe(steps: 20), in: folder.path("short")).train()
    let longer = try extending(folder.path("short"), recipe(steps: 30))
    _ = try Small.pretraining(longer, in: folder.path("long"))
    do {
      let again = try Small.pretraining(longer, in: folder.path("long"))
      #expect(again.continuedFrom == nil && again.trainer.state.step == 14)
      try again.train(stopAfter: 15)
    }
    // From then on it needs the other run no more.
    try FileManager.default.removeItem(atPath: folder.path("short"))
    #expect(try Small.pretraining(longer, in: folder.path("long")).continuedFrom == 15)
  }

  @Test("with a time limit the time is that of what is added")
  func timed() throws {
    let folder = TemporaryFolder()
    try Small.pretraining(recipe(steps: 20), in: folder.path("short")).train()
    let longer = try extending(
      folder.path("short"),
      recipe(steps: 20) {
        $0.schedule.steps = nil
        $0.schedule.maxTime = TimeLimit("1h")
      })
    let run = try Small.pretraining(longer, in: folder.path("long"))
    #expect(run.trainer.state.step == 14 && run.plan.steps > 1000)
    #expect(run.plan.schedule.rate(at: 14) == run.plan.schedule.peak)
  }

  @Test("what cannot be extended is refused in a sentence")
  func refusals() throws {
    let folder = TemporaryFolder()
    try Small.pretraining(recipe(steps: 20), in: folder.path("run")).train()
    try Small.pretraining(Small.recipe(.videomae, steps: 4), in: folder.path("cosine")).train()
    try Small.pretraining(recipe(steps: 20), in: folder.path("begun")).train(stopAfter: 1)
    try FileManager.default.removeItem(atPath: folder.path("begun") + "/checkpoints/step-000001")
    func refusal(_ name: String, _ recipe: Recipe) -> String {
      #expect(throws: TrainingError.self) { try extending(folder.path(name), recipe) }?.description ?? ""
    }
    #expect(refusal("nothing", recipe(steps: 30)).contains("nothing: no such folder"))
    try FileManager.default.createDirectory(atPath: folder.path("empty"), withIntermediateDirectories: true)
    #expect(refusal("empty", recipe(steps: 30)).contains("is not the folder of a run"))
    #expect(refusal("cosine", recipe(steps: 30)).contains("rate of every step depends on the run's length"))
    #expect(refusal("begun", recipe(steps: 30)).contains("has no checkpoint from before its rate fell"))
    #expect(refusal("run", recipe(steps: 20)).contains("has 20 steps; give more"))
    let other = refusal("run", recipe(steps: 30) { $0.run.seed = 7 })
    #expect(other.contains("--seed is 7, there 0"), "\(other)")
    let stored = try RunFolder(folder.path("run"))
    let longer = #expect(throws: TrainingError.self) {
      try stored.requireAgreement(of: recipe(steps: 30), with: recipe(steps: 20))
    }
    #expect(longer?.description.contains("--extend \(folder.path("run"))") == true)
  }
}
