import MAECheckpoint
import MAEFoundation
import MAEModels
import MAERecipes

/// A run that another one goes on from, in a folder of its own, as if it had been longer (`--extend`).
///
/// It goes on from the last checkpoint before the rate fell: until there nothing depends on the length, so that the other run has
/// the bits of one that was planned so long from its first step on.
public struct RunToExtend {
  /// Its folder.
  public let path: String
  let checkpoint: String
  let state: TrainingState
  private let recipe: Recipe
  private let schedule: LearningRateSchedule

  /// Finds the checkpoint.
  ///
  /// - Throws: ``TrainingError`` of kind `missing` when there is nothing, and `usage` when the run is of another kind, or has no
  ///   checkpoint from before.
  public init(_ path: String, in catalogue: Catalogue = .builtIn) throws {
    self.path = path
    try Self.requireRun(path)
    recipe = try Recipe.stored(in: path, catalogue: catalogue)
    guard recipe.schedule.kind == .wsd, recipe.guidance == nil else {
      let reason = recipe.guidance == nil ? "the rate of every step" : "what is hidden in every step"
      throw TrainingError(
        .usage,
        """
        \(path): \(reason) depends on the run's length, so it cannot be extended (runs with --schedule wsd can); start another \
        run from its weights with --init
        """)
    }
    let recipe = recipe
    let planned = try TimePlan.read(path + "/plan.json")?.lengths.last?.steps
    var found: (TrainingState, LearningRateSchedule)?
    let entry = CheckpointStore(folder: path + "/checkpoints").newest { entry in
      guard let state = try? TrainingState.read(from: entry.path), state.step == entry.step, state.step > 0 else { return false }
      let batches = (Double(state.step * recipe.run.accumulation) / state.epoch).rounded()
      let schedule = TrainingPlan(recipe, batchesPerEpoch: Int(batches), steps: planned).schedule
      found = (state, schedule)
      return state.step <= schedule.decayStart ?? 0
    }
    guard let entry, let found else {
      throw TrainingError(
        .usage, "\(path): has no checkpoint from before its rate fell; start another run from its weights with --init")
    }
    checkpoint = entry.path
    (state, schedule) = found
  }

  /// - Throws: as ``init(_:in:)`` where there is no run at all.
  public static func requireRun(_ path: String) throws(TrainingError) {
    guard Folder.isAnything(at: path) else {
      throw TrainingError(.missing, "\(path): no such folder; --extend takes that of a run")
    }
    guard RunFolder.isRunFolder(path) else {
      throw TrainingError(.usage, "\(path): is not the folder of a run; --extend takes one")
    }
  }

  /// A recipe that goes on from it: that of a longer run, with the warm-up that it had.
  ///
  /// - Throws: ``TrainingError`` of kind `usage` when something else than the length differs, or it is no longer one.
  public func extended(_ recipe: Recipe) throws(TrainingError) -> Recipe {
    var extended = self.recipe
    (extended.schedule.epochs, extended.schedule.steps) = (recipe.schedule.epochs, recipe.schedule.steps)
    (extended.schedule.maxTime, extended.run.extends) = (recipe.schedule.maxTime, recipe.run.extends)
    let differences = recipe.differences(from: extended)
    guard differences.isEmpty else {
      let list = differences.prefix(8).map(\.description).joined(separator: "; ")
      throw TrainingError(.usage, "\(path): was another run (\(list)); a run that extends it differs in its length alone")
    }
    if let steps = recipe.schedule.steps(perEpoch: schedule.stepsPerEpoch), steps <= schedule.steps {
      throw TrainingError(
        .usage, "\(path): has \(schedule.steps) steps; give more --steps or --epochs than it has, or --max-time for what is added"
      )
    }
    extended = recipe
    (extended.schedule.warmupEpochs, extended.schedule.warmupShare) = (schedule.warmupEpochs, nil)
    return extended
  }

  /// Where the longer run begins: its time is its own.
  func begun(recipe: Recipe) -> TrainingState {
    var state = state.marked(recipe: recipe.fingerprint)
    (state.seconds, state.elapsed) = (0, nil)
    return state
  }
}
