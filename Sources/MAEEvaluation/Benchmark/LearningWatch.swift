import MAEData
import MAEModels
import MAETraining

/// Trains a run and measures what it has learned whenever a mark of processor time is reached. As the observer of the run it
/// passes everything on to another one.
///
/// The loader's threads read a few batches ahead meanwhile; their time is lost for the run's account, as little as it is.
final class LearningWatch: TrainingObserver {
  private let run: Pretraining
  private var curve: LearningCurve
  private let path: String
  private let clock: RunClock
  private let probe: ModelProbe
  private let isCancelled: () -> Bool
  private let next: any TrainingObserver
  private var failure: (any Error)?

  /// - Parameters:
  ///   - curve: with the points of the run so far.
  ///   - path: where it is written after each point.
  ///   - clock: of the run; measuring is excluded from it.
  ///   - next: everything is passed on to it.
  init(
    _ run: Pretraining, _ curve: LearningCurve, path: String, clock: RunClock, probe: ModelProbe,
    isCancelled: @escaping () -> Bool, then next: any TrainingObserver
  ) {
    (self.run, self.curve, self.path, self.clock, self.probe) = (run, curve, path, clock, probe)
    (self.isCancelled, self.next) = (isCancelled, next)
  }

  /// Trains to the end.
  ///
  /// - Returns: false when it was cancelled.
  /// - Throws: what training and measuring throw.
  func train() throws -> Bool {
    if curve.points.isEmpty, run.trainer.state.step == 0 { try measure(mark: 0, at: 0) }
    guard !isCancelled() else { return false }
    if !run.trainer.isFinished { try run.train(observer: self, isCancelled: { self.failure != nil || self.isCancelled() }) }
    if let failure { throw failure }
    guard run.trainer.isFinished else { return false }
    try run.requireNumbers()
    // A run that had ended before, and whose last point is not there, or was cancelled.
    if !curve.isFinished { try measure(mark: nil, at: run.trainer.state.elapsed ?? run.elapsed) }
    return curve.isFinished
  }

  func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) {
    next.didStep(metrics, of: plan)
    let seconds = run.elapsed
    let isLast = metrics.step == plan.steps
    guard failure == nil, isLast || curve.due(after: seconds) != nil else { return }
    do { try measure(mark: isLast ? nil : curve.due(after: seconds), at: seconds) } catch { failure = error }
  }

  func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan) { next.didJudge(metrics, of: plan) }
  func didLook(at done: Int, of count: Int) { next.didLook(at: done, of: count) }
  func didSave(step: Int, path: String) { next.didSave(step: step, path: path) }
  func note(_ text: String) { next.note(text) }

  /// Adds a point, unless somebody asks to stop meanwhile.
  private func measure(mark: Double?, at seconds: Double) throws {
    try clock.excluding {
      let found: [Double]
      do {
        // Of any phase on the inputs that the run ends with, which are read.
        let model = try run.model.adapted(to: run.plan.recipe.model)
        found = try probe.accuracies(of: model, by: [.linear, .knn], isCancelled: isCancelled)
      } catch let error as DataError where error.kind == .interrupted {
        return
      }
      let state = run.trainer.state
      let point = LearningCurve.Point(
        mark: mark, processorSeconds: seconds, step: state.step, epoch: state.epoch, linear: found[0], neighbours: found[1])
      curve.points.append(point)
      try curve.write(to: path)
      let minutes = String((seconds / 6).rounded() / 10)
      next.note(
        "\(curve.recipe), seed \(curve.seed): after \(minutes) min of processor time a linear probe recognises "
          + "\((found[0] * 1000).rounded() / 1000), neighbours \((found[1] * 1000).rounded() / 1000)")
    }
  }
}
