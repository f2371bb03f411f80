import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes

/// What a run measures beside its loss: accuracy on labelled files, and the loss on files that it does not learn from.
///
/// Measurements take a share of the run's time: the first one, before training, and a few steps are timed, and what follows from
/// that is written down, so that the same steps are measured after any kill. Of processes that train together the first one
/// measures.
final class RunEvaluation {
  private let recipe: Recipe
  /// Length of the run.
  var steps: Int
  private let folder: RunFolder
  private let evaluator: (any ModelEvaluator)?
  private var heldOut: HeldOutFiles?
  private(set) var log: EvaluationLog
  /// Whether somebody asked to stop during the last measurement.
  private(set) var isStopped = false
  private var newNotes: [String] = []
  private var isPlanned: Bool

  /// Steps that are timed.
  private static let timedSteps = 5

  init(
    _ plan: TrainingPlan, in folder: RunFolder, log: EvaluationLog, heldOut: HeldOutFiles?, evaluator: (any ModelEvaluator)?
  ) {
    (recipe, steps) = (plan.recipe, plan.steps)
    (self.folder, self.log, self.heldOut, self.evaluator) = (folder, log, heldOut, evaluator)
    isPlanned = log.every != nil
  }

  /// What evaluations take of each step, and the last one alone, in seconds; zeros before anything was measured.
  var seconds: (perStep: Double, each: Double) {
    let each = isWanted ? log.seconds ?? 0 : 0
    return (log.every.map { each / Double($0) } ?? 0, each)
  }

  private var isWanted: Bool { evaluator != nil || heldOut != nil }

  /// Measures a network before training, once in a run.
  func begin(_ model: ModelConfiguration, seed: UInt64) throws {
    guard isWanted, log.seconds == nil || evaluator != nil && log.untrainedTop1 == nil else { return }
    guard let found = try measure(Model(model, seed: seed)) else { return }
    (log.untrainedTop1, log.seconds) = (found.top1, found.seconds)
    try log.write(to: folder)
  }

  /// Takes up another phase, whose inputs are of another size.
  func begin(_ heldOut: HeldOutFiles?, _ log: EvaluationLog) {
    self.heldOut = heldOut
    self.log.laterBaselines = log.laterBaselines
  }

  /// Measures when it is time.
  func evaluate(_ model: Model, after state: TrainingState) throws -> Evaluation? {
    guard isWanted else { return nil }
    let isTimed = state.step >= min(Self.timedSteps, steps)
    if isTimed, !isPlanned { try plan(secondsPerStep: state.seconds / Double(state.step)) }
    let every = recipe.evaluation.every ?? (isTimed ? log.every : nil)
    guard let every, state.step % every == 0 || state.step == steps else { return nil }
    return try measure(model, after: state.step)
  }

  /// Measures after a step; where somebody asks to stop meanwhile, that is written down before the step's checkpoint is, so that
  /// whoever goes on from there measures first.
  ///
  /// - Returns: nil where nothing is measured, or not to its end.
  func measure(_ model: Model, after step: Int) throws -> Evaluation? {
    guard isWanted else { return nil }
    let found = try measure(model)
    isStopped = found == nil
    if isStopped {
      log.pending = step
      try log.write(to: folder)
    }
    return found
  }

  /// No step waits for its evaluation any more.
  func settle() throws {
    log.pending = nil
    try log.write(to: folder)
  }

  /// Whether the accuracy after a step is the best so far; it is then written down.
  func takeBest(_ evaluation: Evaluation?, after step: Int) throws -> Bool {
    guard let top1 = evaluation?.top1 else { return false }
    // A run that was killed before its best checkpoint was written comes by again.
    guard top1 > log.best?.top1 ?? -1 || step == log.best?.step else { return false }
    log.best = EvaluationLog.Best(step: step, top1: top1)
    try log.write(to: folder)
    return true
  }

  func takeNotes() -> [String] {
    defer { newNotes = [] }
    return newNotes
  }

  /// Nil when somebody asks to stop meanwhile.
  private func measure(_ model: Model) throws -> Evaluation? {
    let watch = Stopwatch()
    let top1: Double?
    do {
      // Features of all phases are compared on the inputs that the run ends with.
      top1 = try evaluator?.accuracy(of: model.adapted(to: recipe.model))
    } catch let error as DataError where error.kind == .interrupted {
      return nil
    }
    let loss = heldOut?.loss(of: model)
    return Evaluation(top1: top1, untrainedTop1: log.untrainedTop1, holdoutLoss: loss, seconds: watch.seconds)
  }

  private func plan(secondsPerStep: Double) throws {
    let (cost, limit) = (log.seconds ?? 0, recipe.evaluation.share ?? EvaluationRecipe.usualShare)
    let planned = EvaluationLog.interval(
      share: limit, steps: steps, secondsPerStep: secondsPerStep, secondsPerEvaluation: cost)
    let every = min(steps, recipe.evaluation.every ?? planned)
    (log.every, isPlanned) = (every, true)
    try log.write(to: folder)
    let share = Double(steps / every + 1) * cost / (Double(steps) * secondsPerStep)
    let percent = RecipeText.number((share * 1000).rounded() / 10)
    guard share > limit + 1e-9 else { return }
    newNotes.append(
      every == steps && recipe.evaluation.every == nil
        ? """
        the run is too short to be judged in \(RecipeText.number(limit * 100)) % of its time (--eval-share): once before and \
        once at its end take about \(percent) % of the time of training
        """
        : "evaluations every \(every) steps take about \(percent) % of the time of training")
  }
}
