import MAECore
import MAEEngine
import MAEModels
import MAERecipes

extension Pretraining {
  /// The recipe as if the whole run were its present phase.
  public var phaseRecipe: Recipe { plan.phases[trainer.state.phase].recipe }

  /// Goes over to the phase of the next step, where that is another one: weights and moments go along, and samples are read anew
  /// from there on, so that none has the size of the phase before.
  ///
  /// Phases follow each other whatever a time limit does to the length of the run: none comes back, and a length that is only
  /// guessed ends none.
  ///
  /// - Returns: whether it is another one.
  @discardableResult
  func enterPhase(_ observer: (any TrainingObserver)? = nil) throws -> Bool {
    let step = trainer.state.step
    let isGuessed = budget?.plan.lengths.count { $0.after <= step } ?? 2 < 2
    let number = max(trainer.state.phase, plan.costs.phase(after: step, of: plan.steps))
    guard number != trainer.state.phase, !isGuessed, !trainer.isFinished else { return false }
    try trainer.complete(elapsed: trainer.state.elapsed)
    var state = trainer.state
    state.phase = number
    // Losses of another grid are of another size.
    state.spikes = SpikeWatch()
    // Activations of the sizes before are of no use any more, and the weights are there twice for a moment.
    kernels.pool.releaseFreeRegions()
    let recipe = plan.phases[number].recipe
    let model = try self.model.adapted(to: recipe.model)
    let optimizer = recipe.optimizer.optimizer(for: model.parameters, on: kernels)
    optimizer.takeState(of: trainer.optimizer, self.model, adaptedTo: model)
    source = LookaheadSource(try makeSource(state, recipe))
    trainer = Trainer(plan, model: model, optimizer: optimizer, source: source, state: state, processes: processes, on: kernels)
    stepSeconds = nil
    if log[number] == nil {
      log[number] = try Self.baseline(of: model, source, recipe, processes, on: kernels)
      try log.write(to: folder)
    }
    learned.begin(baseline: log[number])
    let input = recipe.model.input
    let frames = input.frames > 1 ? "\(input.frames) frames of " : ""
    observer?.note(
      "step \(step + 1): from here on inputs are \(frames)\(input.size), "
        + "and \(model.visibleTokens) of \(recipe.model.grid.count) tokens are visible")
    return true
  }
}
