import Logging

/// Tells a run to a logger of swift-log, for programs in which other parts log too; passes everything on to another observer.
///
///     let run = try Pretraining(recipe, manifest: manifest, in: folder)
///     try run.train(observer: RunLogger(Logger(label: "pretraining")))
///
/// What a person should know has the level notice, checkpoints and every so many steps have the level info, the other steps
/// debug; numbers are metadata under the names of `metrics.jsonl`.
public final class RunLogger: TrainingObserver {
  private let logger: Logger
  private let interval: Int
  private let next: (any TrainingObserver)?

  /// - Parameters:
  ///   - interval: steps from one of level info to the next; the last one always has it.
  ///   - next: follows the run too.
  public init(_ logger: Logger, every interval: Int = 50, then next: (any TrainingObserver)? = nil) {
    (self.logger, self.interval, self.next) = (logger, max(1, interval), next)
  }

  /// Loss, rate and speed.
  public func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) {
    next?.didStep(metrics, of: plan)
    let level: Logger.Level = metrics.step.isMultiple(of: interval) || metrics.step == plan.steps ? .info : .debug
    let numbers: [(String, Double?)] = [
      ("epoch", metrics.epoch), ("loss", metrics.loss), ("lr", metrics.lr), ("grad_norm", metrics.gradNorm),
      ("samples_per_second", metrics.samplesPerSecond), ("data_share", metrics.dataShare), ("top1", metrics.evaluation?.top1),
    ]
    var metadata: Logger.Metadata = ["step": "\(metrics.step)", "steps": "\(plan.steps)"]
    for (name, value) in numbers { if let value { metadata[name] = "\(value)" } }
    logger.log(level: level, metrics.loss == nil ? "step left out" : "step", metadata: metadata)
  }

  /// What was found of it.
  public func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan) {
    next?.didJudge(metrics, of: plan)
    guard let evaluation = metrics.evaluation else { return }
    var metadata: Logger.Metadata = ["step": "\(metrics.step)", "steps": "\(plan.steps)"]
    if let top1 = evaluation.top1 { metadata["top1"] = "\(top1)" }
    logger.info("evaluation", metadata: metadata)
  }

  /// How far the look is.
  public func didLook(at done: Int, of count: Int) {
    next?.didLook(at: done, of: count)
    logger.log(
      level: done == count ? .info : .debug, "looking at the pictures as they are",
      metadata: ["done": "\(done)", "total": "\(count)"])
  }

  /// Where the checkpoint is.
  public func didSave(step: Int, path: String) {
    next?.didSave(step: step, path: path)
    logger.info("checkpoint", metadata: ["step": "\(step)", "path": "\(path)"])
  }

  /// As it is.
  public func note(_ text: String) {
    next?.note(text)
    logger.notice("\(text)")
  }
}
