import Foundation
import MAEModels
import MAERecipes
import Testing

/// Every table is written out here a second time, in the words of the public training scripts.
@Suite struct ScheduleTests {
  private func recipe(_ change: (inout Recipe) -> Void) -> Recipe {
    var recipe = MAEModels.Method.mae.recipe(.base)
    recipe.optimizer.learningRate = 0.8
    change(&recipe)
    return recipe
  }

  @Test("half cosine in fractional epochs", arguments: [1, 7, 40], [1.0, 2.5, 9])
  func halfCosine(stepsPerEpoch: Int, warmup: Double) {
    let recipe = recipe {
      $0.schedule.epochs = 20
      $0.schedule.warmupEpochs = warmup
      $0.schedule.warmupShare = nil
    }
    let schedule = LearningRateSchedule(recipe, stepsPerEpoch: Double(stepsPerEpoch))
    #expect(schedule.steps == 20 * stepsPerEpoch)
    for step in 0..<schedule.steps {
      let epoch = Double(step) / Double(stepsPerEpoch)
      let expected =
        epoch < warmup ? 0.8 * epoch / warmup : 0.8 * 0.5 * (1 + cos(Double.pi * (epoch - warmup) / (20 - warmup)))
      #expect(abs(schedule.rate(at: step) - expected) < 1e-15)
    }
  }

  @Test("VideoMAE's table with inclusive ends", arguments: [1, 5, 31], [0, 2, 6])
  func cosineTable(stepsPerEpoch: Int, warmup: Int) {
    let recipe = recipe {
      $0.schedule = MAEModels.Method.videomae.recipe(.base).schedule
      $0.schedule.epochs = 11
      $0.schedule.warmupEpochs = Double(warmup)
      $0.schedule.warmupShare = nil
      $0.schedule.minimumBaseLearningRate = 0.1
      $0.run.batchSize = 64
    }
    let schedule = LearningRateSchedule(recipe, stepsPerEpoch: Double(stepsPerEpoch))
    let minimum = 0.1 * 64 / 256
    var table: [Double] = []
    let count = warmup * stepsPerEpoch
    for i in 0..<count { table.append(count == 1 ? 0 : 0.8 * Double(i) / Double(count - 1)) }
    let rest = 11 * stepsPerEpoch - count
    for i in 0..<rest { table.append(minimum + 0.5 * (0.8 - minimum) * (1 + cos(Double.pi * Double(i) / Double(rest)))) }
    #expect(schedule.steps == table.count)
    for (step, expected) in table.enumerated() { #expect(abs(schedule.rate(at: step) - expected) < 1e-15) }
  }

  @Test("multistep falls at its milestones") func multistepFallsAtItsMilestones() {
    let recipe = recipe {
      $0.schedule = MAEModels.Method.simmim.recipe(.base).schedule
      $0.schedule.epochs = 80
      $0.schedule.warmupShare = nil
      $0.schedule.warmupBaseLearningRate = 0.2
      $0.run.batchSize = 128
    }
    let schedule = LearningRateSchedule(recipe, stepsPerEpoch: 3)
    #expect(schedule.warmupStart == 0.1)
    for step in 0..<30 { #expect(abs(schedule.rate(at: step) - (0.1 + 0.7 * Double(step) / 30)) < 1e-15) }
    for step in 30..<210 { #expect(schedule.rate(at: step) == 0.8) }
    for step in 210..<240 { #expect(abs(schedule.rate(at: step) - 0.08) < 1e-15) }
  }

  @Test("warm-up, stable, decay", arguments: [1, 7, 40], [0.05, 0.2, 1])
  func stable(stepsPerEpoch: Int, share: Double) {
    let recipe = recipe {
      $0.schedule.kind = .wsd
      $0.schedule.epochs = 20
      $0.schedule.warmupEpochs = 2
      $0.schedule.warmupShare = nil
      $0.schedule.decayShare = share == 0.2 ? nil : share
      $0.schedule.minimumBaseLearningRate = 0.1
      $0.run.batchSize = 64
    }
    let schedule = LearningRateSchedule(recipe, stepsPerEpoch: Double(stepsPerEpoch))
    let (steps, warmup) = (20 * stepsPerEpoch, 2 * stepsPerEpoch)
    let start = max(warmup, steps - Int((share * Double(steps)).rounded(.up)))
    #expect(schedule.decayStart == start)
    for step in 0..<steps {
      var expected = step < warmup ? 0.8 * Double(step) / Double(warmup) : 0.8
      if step > start { expected = 0.8 - (0.8 - 0.025) * sqrt(Double(step - start) / Double(steps - start)) }
      #expect(abs(schedule.rate(at: step) - expected) < 1e-15)
    }
    #expect(LearningRateSchedule(MAEModels.Method.mae.recipe(.base), stepsPerEpoch: 3).decayStart == nil)
  }

  @Test("until the rate falls the length of a run changes nothing", arguments: [(40, 41), (40, 400), (100, 7000)])
  func extended(lengths: (short: Int, long: Int)) {
    let schedules = [lengths.short, lengths.long].map { steps in
      LearningRateSchedule(
        recipe {
          $0.schedule.kind = .wsd
          $0.schedule.steps = steps
          $0.schedule.warmupEpochs = 0.7
          $0.schedule.warmupShare = nil
        }, stepsPerEpoch: 9)
    }
    for step in 0...schedules[0].decayStart! { #expect(schedules[0].rate(at: step) == schedules[1].rate(at: step)) }
    #expect(schedules[0].rate(at: lengths.short - 1) < 0.5 * schedules[1].rate(at: schedules[0].decayStart!))
  }

  @Test(
    "a schedule by name",
    arguments: [
      (MAEModels.Method.mae, "cosine", ScheduleRecipe.Kind.halfCosine), (.videomae, "cosine", .cosineTable),
      (.simmim, "WSD", .wsd),
    ])
  func names(method: MAEModels.Method, name: String, kind: ScheduleRecipe.Kind) throws {
    let changes = [RecipeChange(\.scheduleKind, written: name)]
    #expect(try Recipe.resolve(method: method, preset: .tiny, changes: changes).recipe.schedule.kind == kind)
    let ignored = try Recipe.resolve(method: method, preset: .tiny, changes: [RecipeChange(\.decayShare, 0.5)]).ignored
    #expect(ignored.map(\.description) == ["--decay-share has no effect with \(method) (it needs --schedule wsd)"])
  }

  @Test("the warm-up is the smaller of the paper's and a tenth of the run")
  func theWarmupIsTheSmallerOfThePapersAndATenthOfTheRun() {
    let short = LearningRateSchedule(recipe { $0.schedule.steps = 300 }, stepsPerEpoch: 10)
    #expect(short.warmupSteps == 30)
    #expect(short.rate(at: 30) == 0.8)
    let long = LearningRateSchedule(recipe { $0.schedule.epochs = 800 }, stepsPerEpoch: 10)
    #expect(long.warmupSteps == 400)
    let asked = LearningRateSchedule(
      recipe {
        $0.schedule.steps = 300
        $0.schedule.warmupEpochs = 5
        $0.schedule.warmupShare = nil
      }, stepsPerEpoch: 10)
    #expect(asked.warmupSteps == 50)
  }

  @Test(
    "a warm-up in steps and a rate at the end are what they say, whatever the batch", arguments: [0.7, 10, 33.3], [1, 3, 17])
  func absolute(stepsPerEpoch: Double, warmup: Int) throws {
    for kind in [ScheduleRecipe.Kind.halfCosine, .cosineTable] {
      let recipe = recipe {
        $0.schedule.kind = kind
        $0.schedule.steps = 40
        $0.schedule.warmupSteps = warmup
        $0.schedule.minimumLearningRate = 0.05
        $0.run.batchSize = 512
      }
      let schedule = LearningRateSchedule(recipe, stepsPerEpoch: stepsPerEpoch)
      #expect(schedule.warmupSteps == warmup && schedule.minimum == 0.05 && schedule.rate(at: warmup) == 0.8)
      #expect(warmup == 1 || schedule.rate(at: warmup - 2) < 0.8)
      #expect(abs(schedule.rate(at: 40) - 0.05) < 1e-15)
    }
    let asked = [RecipeChange(\.minimumRate, written: "0.1"), RecipeChange(\.rate, written: "0.01")]
    let error = #expect(throws: RecipeError.self) { try Recipe.resolve(method: .mae, changes: asked) }
    #expect(error?.description.hasPrefix("--min-lr is 0.1, above the highest rate of 0.01") == true, "\(error as Any)")
  }

  @Test("epochs of warm-up take the place of steps that a file gives") func warmupReplaced() throws {
    let file = try RecipeFile(yaml: "schedule: {warmup-steps: 7}", path: "a.yaml")
    #expect(try Recipe.resolve(method: .mae, file: file).recipe.schedule.warmupSteps == 7)
    let recipe = try Recipe.resolve(method: .mae, file: file, changes: [RecipeChange(\.warmupEpochs, written: "2")]).recipe
    #expect(recipe.schedule.warmupSteps == nil && recipe.schedule.warmupEpochs == 2)
  }

  @Test("rates scale with the batch and the arithmetic says how") func ratesScaleWithTheBatchAndTheArithmeticSaysHow() {
    var recipe = MAEModels.Method.mae.recipe(.base)
    recipe.run.batchSize = 64
    recipe.run.accumulation = 8
    #expect(recipe.peakLearningRate == 3e-4)
    #expect(recipe.learningRateArithmetic == "blr 1.5e-4 × 64·8 / 256 = lr 3e-4")
    recipe.optimizer.learningRate = 0.01
    #expect(recipe.learningRateArithmetic == "lr 0.01 as given (blr 1.5e-4 × 64·8 / 256 would be 3e-4)")
    var small = MAEModels.Method.videomae.recipe(.tiny)
    small.optimizer.learningRate = Recipe.quickLearningRate
    #expect(small.learningRateArithmetic.contains("absolute"))
  }

  @Test("the rate of crossmae follows the predicted share of the hidden patches; that of mae does not")
  func rateFollowsKeptShare() throws {
    func resolved(_ method: MAEModels.Method, _ changes: [RecipeChange] = []) throws -> Recipe {
      let batch = [RecipeChange(\.batchSize, 64), RecipeChange(\.accumulation, 64)]
      return try Recipe.resolve(method: method, preset: .base, changes: batch + changes).recipe
    }
    func near(_ rate: Double, _ expected: Double) -> Bool { abs(rate / expected - 1) < 1e-12 }
    let usual = try resolved(.crossmae)
    #expect(near(usual.peakLearningRate, 0.25 / 0.75 * 1.5e-4 * 16) && usual.optimizer.baseLearningRate == 1.5e-4)
    #expect(usual.learningRateArithmetic == "blr 1.5e-4 × 0.25/0.75 (predicted of hidden) × 64·64 / 256 = lr 8e-4")
    #expect(LearningRateSchedule(usual, stepsPerEpoch: 312).peak == usual.peakLearningRate)
    // All three cases of the published table, and a rate of one's own.
    #expect(try near(resolved(.crossmae, [RecipeChange(\.keptRatio, 0.75)]).peakLearningRate, 2.4e-3))
    #expect(try near(resolved(.crossmae, [RecipeChange(\.keptRatio, nil)]).peakLearningRate, 2.4e-3))
    let denser = try resolved(.crossmae, [RecipeChange(\.maskRatio, 0.5), RecipeChange(\.baseRate, 3e-4)])
    #expect(near(denser.peakLearningRate, 0.25 / 0.5 * 3e-4 * 16))
    #expect(try near(resolved(.crossmae, [RecipeChange(\.rate, 1e-3)]).peakLearningRate, 1e-3))
    #expect(try near(resolved(.crossmae, [RecipeChange(\.scalesByKeptShare, false)]).peakLearningRate, 2.4e-3))
    let mae = try resolved(.mae, [RecipeChange(\.keptRatio, 0.25)])
    #expect(near(mae.peakLearningRate, 2.4e-3) && !mae.learningRateArithmetic.contains("predicted"))
    #expect(usual.rateShare != nil && Settings.shared.scalesByKeptShare.isRead(by: usual))
    #expect(!Settings.shared.scalesByKeptShare.isRead(by: try resolved(.simmim)))
  }

  @Test("a run of crossmae that began before keeps the rate that it had")
  func rateOfOlderRuns() throws {
    var began = MAEModels.Method.crossmae.recipe(.base)
    (began.optimizer.scalesByKeptShare, began.optimizer.baseLearningRate) = (nil, 5e-5)
    let text = began.yaml.split(separator: "\n").filter { !$0.contains("scales-by-kept-share") }.joined(separator: "\n")
    let read = try Recipe(yaml: text, path: "config.yaml")
    #expect(read == began && read.rateShare == nil)
    // A file of a few settings follows the rule.
    let file = try RecipeFile(yaml: "method: crossmae\noptimizer: {base-learning-rate: 3.0e-4}", path: "a.yaml")
    #expect(try Recipe.resolve(file: file).recipe.rateShare != nil)
  }
}
