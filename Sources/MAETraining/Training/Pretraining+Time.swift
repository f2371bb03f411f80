import MAECluster
import MAECore
import MAEFoundation
import MAEModels
import MAERecipes

extension Pretraining {
  /// Seconds that a step of the present phase computes, by the run's clock, measured once on random pixels: neither weights nor
  /// random streams notice.
  ///
  /// - Throws: ``MaskingError``.
  public func measuredStepSeconds() throws -> Double {
    if let stepSeconds { return stepSeconds }
    let seconds = try trainer.measuredStepSeconds(by: clock)
    stepSeconds = seconds
    return seconds
  }

  /// Seconds that the run has taken by its clock, with everything beside the steps, and with earlier parts of it.
  package var elapsed: Double { earlierSeconds + clock.seconds }

  /// Takes up the plan of a run with a time limit, or begins one.
  func beginTimePlan() throws {
    guard let limit = plan.recipe.schedule.maxTime else { return }
    let (seconds, most) = (Double(limit.seconds), plan.stepsWithoutLimit)
    if let stored = try processes.decided({ try TimePlan.read(folder.planPath) }) {
      budget = TimeBudget(limit: seconds, most: most, plan: stored, steps: plan.costs)
    } else {
      let perStep = try measuredStepSeconds() / plan.costs.cost(of: trainer.state.phase)
      let begun = TimeBudget(
        limit: seconds, most: most, secondsPerStep: perStep, after: trainer.state.step,
        elapsed: try processes.decided { elapsed }, steps: plan.costs)
      try begun.plan.write(to: folder)
      budget = begun
    }
    followTimePlan()
  }

  /// Plans how long the run is, if it is time for that, and follows what was planned for the next step.
  ///
  /// - Parameter evaluations: what they take of each step, and the last one alone, in seconds.
  func keepTime(besides evaluations: (perStep: Double, each: Double), _ observer: (any TrainingObserver)?) throws {
    guard var budget, let limit = plan.recipe.schedule.maxTime else { return }
    let before = plan
    let saves = 10 + Double(limit.seconds) / TrainingPlan.longestInterval
    // All by the clock of the first process.
    let told = try processes.decided { () throws -> [Double] in
      let looks = try (trainer.masks as? SelfGuide)?.lookSeconds(after: trainer.state.step) ?? (done: 0, toCome: 0)
      return [elapsed - looks.done, evaluations.perStep, evaluations.each, saveSeconds, looks.done + looks.toCome]
    }
    let costs = TimeBudget.Costs(perStep: told[1], apart: told[2] + saves * told[3] + told[4])
    let found = budget.update(after: trainer.state.step, elapsed: told[0], costs: costs)
    self.budget = budget
    // Whoever continues the run from an earlier checkpoint comes by the same lengths.
    if found != nil { try budget.plan.write(to: folder) }
    followTimePlan()
    if let found, plan.isCutByTime || before.steps != plan.steps {
      observer?.note(sentence(found, within: limit, before: before, isCorrection: budget.plan.lengths.count > 2))
    }
  }

  private func followTimePlan() {
    guard let length = budget?.plan.length(after: trainer.state.step), length.steps != plan.steps else { return }
    follow(
      TrainingPlan(plan.recipe, batchesPerEpoch: plan.batchesPerEpoch, steps: length.steps, costs: plan.costs))
  }

  private func sentence(
    _ length: TimePlan.Length, within limit: TimeLimit, before: TrainingPlan, isCorrection: Bool
  ) -> String {
    let seconds = RecipeText.rounded(length.secondsPerStep, digits: 2)
    if isCorrection {
      return """
        step \(length.after): a step takes \(seconds) s by now, so the run has \(length.steps) steps rather than \
        \(before.steps) to end within \(limit)
        """
    }
    let epochs = RecipeText.rounded(plan.schedule.epochs, digits: 2)
    return """
      step \(length.after): a step takes \(seconds) s, so the run has \(length.steps) steps to end within \(limit) (epochs: \
      \(epochs)), \(plan.schedule.warmupSteps) of them warm-up; a continued run keeps them
      """
  }
}
