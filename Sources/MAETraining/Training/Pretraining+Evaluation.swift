import MAECheckpoint
import MAECluster
import MAEModels

extension Pretraining {
  /// The step at which the run stands, where its evaluation was broken off and is to come; nil almost always.
  public var pendingStep: Int? { log.pending }

  /// Whether nothing is left to do: all steps are done, and none waits for its evaluation.
  public var isFinished: Bool { trainer.isFinished && pendingStep == nil }

  /// What the first process finds of the model at the step where the run stands, in every process.
  ///
  /// - Parameter measure: is given the weights that are judged.
  func judgement(by evaluation: RunEvaluation, _ measure: (Model) throws -> Evaluation?) throws -> Judgement {
    let judged = try processes.decided { () throws -> Judgement in
      let found = try trainer.judging { try measure(model) }
      let isBest = try evaluation.takeBest(found, after: trainer.state.step)
      return Judgement(evaluation: found, isBest: isBest, isStopped: evaluation.isStopped, log: evaluation.log)
    }
    log = judged.log
    return judged
  }

  /// Makes up for an evaluation that was broken off, before the run goes on; the step's line of metrics gets what is found.
  ///
  /// - Returns: the step, when somebody asks to stop again.
  func catchUp(_ evaluation: RunEvaluation, _ observer: (any TrainingObserver)?) throws -> Int? {
    guard let step = pendingStep else { return nil }
    observer?.note("the evaluation after step \(step), which was broken off, comes first")
    let judged = try judgement(by: evaluation) { try evaluation.measure($0, after: step) }
    // A loss of power may have taken the line.
    if var report = try processes.decided({ try metrics?.last(of: step) }) {
      report.evaluation = judged.evaluation
      if !judged.isStopped { try metrics?.replaceLast(with: report) }
      learned.add(report)
      observer?.didJudge(report, of: plan)
    }
    guard !judged.isStopped else { return step }
    if judged.isBest, folder.isWriter { checkpoints.store.point(CheckpointStore.best, at: step) }
    // Last of all: after a kill on the way the step is judged once more, and all of this done again; the event file alone then
    // has its figures twice.
    try processes.first { try evaluation.settle() }
    log.pending = nil
    return nil
  }
}
