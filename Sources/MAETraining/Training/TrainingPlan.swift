import MAEModels
import MAERecipes

/// What follows from a recipe and the number of batches in a pass over the data.
public struct TrainingPlan: Hashable, Sendable {
  /// What the plan follows from.
  public let recipe: Recipe
  /// Batches that count as one pass over the data.
  public let batchesPerEpoch: Int
  /// The rate of each step.
  public let schedule: LearningRateSchedule
  /// The parts of the run with input sizes, frames or mask ratios of their own; most often one.
  public let phases: [TrainingPhase]
  /// What steps cost, by their phases.
  public let costs: StepCosts

  /// - Parameters:
  ///   - steps: what a time limit leaves; nil: the length that the recipe has without one.
  ///   - costs: of a recipe with several phases.
  /// - Precondition: `batchesPerEpoch` is positive; the recipe has no ``Recipe/problems``.
  public init(_ recipe: Recipe, batchesPerEpoch: Int, steps: Int? = nil, costs: StepCosts = .equal) {
    precondition(batchesPerEpoch > 0, "TrainingPlan: \(batchesPerEpoch) batches per epoch")
    self.recipe = recipe
    self.batchesPerEpoch = batchesPerEpoch
    self.costs = costs
    phases = recipe.phases
    var timed = recipe
    if let steps { timed.schedule.steps = steps }
    schedule = LearningRateSchedule(timed, stepsPerEpoch: Double(batchesPerEpoch) / Double(recipe.run.accumulation))
  }

  /// Length of the run.
  public var steps: Int { schedule.steps }

  /// The length that the recipe has without its time limit; nil where it has no other.
  public var stepsWithoutLimit: Int? { recipe.schedule.steps(perEpoch: schedule.stepsPerEpoch) }

  /// Whether the run is as long as it is because there is no more time.
  public var isCutByTime: Bool { recipe.schedule.maxTime != nil && steps < stepsWithoutLimit ?? .max }

  /// What is left of the run after `step` steps, in steps that cost what the next one does: as many as there are, where all cost
  /// the same.
  public func stepsLeft(after step: Int) -> Double {
    let next = costs.phase(after: step, of: steps)
    return (costs.work(after: steps, of: steps) - costs.work(after: step, of: steps)) / costs.cost(of: next)
  }

  /// Passes over the data after a number of steps.
  public func epoch(after step: Int) -> Double { Double(step) / schedule.stepsPerEpoch }

  /// Batches drawn in a number of steps.
  public func batches(after step: Int) -> Int { step * recipe.run.accumulation }

  /// Steps from one checkpoint to the next, unless ten minutes pass before.
  public var saveInterval: Int { recipe.run.saveEvery ?? max(1, (steps + 9) / 10) }

  /// Whether a checkpoint is due after `step` steps.
  public func savesAfter(_ step: Int, secondsSinceLast seconds: Double) -> Bool {
    if step == steps || step == schedule.decayStart || step % saveInterval == 0 { return true }
    return recipe.run.saveEvery == nil && seconds >= Self.longestInterval
  }

  /// Steps after which a guide that waits for the decoder no longer does: a quarter of a run that its time makes too short for
  /// waiting; nil for any other.
  public var latestGuideStart: Int? { isCutByTime && epoch(after: steps) < Self.epochsForGuide ? (steps + 3) / 4 : nil }

  /// Refuses to wait for the decoder of a run that is too short for it; one that only its time makes so short begins anyway, see
  /// ``latestGuideStart``.
  ///
  /// - Throws: ``TrainingError`` of kind `usage`.
  func requireTimeForGuide() throws(TrainingError) {
    guard let epochs = stepsWithoutLimit.map(epoch(after:)) else { return }
    guard let type = recipe.model.masking.kind.type as? any GuidedMasking.Type, epochs < Self.epochsForGuide else { return }
    let start = (recipe.guidance ?? type.schedule(forClips: recipe.model.input.frames > 1)).start
    guard start == .automatic else { return }
    let length = RecipeText.number((epochs * 10).rounded() / 10)
    throw TrainingError(
      .usage,
      """
      --guide-start auto waits for what a decoder does after many epochs, and this run has \(length) of at least \
      \(RecipeText.number(Self.epochsForGuide)); give an epoch, or a share of the run as --guide-start 25%
      """)
  }

  /// From so many epochs on a run can wait for its decoder.
  static let epochsForGuide = 20.0

  /// Seconds of work that a killed run can lose.
  static let longestInterval = 600.0
}
