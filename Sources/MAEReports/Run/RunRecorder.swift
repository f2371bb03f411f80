import Foundation
import MAEFoundation
import MAETraining

/// Writes what a run leaves beside its metrics: journal, event file, `log.txt`, pictures and the page. As an observer of the run
/// it passes everything on to another one.
///
/// None of it can stop a run: what cannot be written is said once and left out from then on. A continued run cuts event file,
/// log and pictures to the step of its checkpoint, as the metrics are.
public final class RunRecorder: TrainingObserver {
  private let run: Pretraining
  private let next: any TrainingObserver
  private var journal: RunJournal?
  private var events: EventFile?
  private var epochs: EpochLog?
  private var pictures: FixedPictures?
  private var failed: Set<String> = []
  private var lastPage = ContinuousClock.now
  private var pageSeconds = 0.0

  /// The page is written anew at a checkpoint when that takes less than this share of the time since it was written last.
  private static let pageShare = 0.003

  /// Begins or continues the files of a run that is about to train.
  public init(_ run: Pretraining, then next: any TrainingObserver) {
    (self.run, self.next) = (run, next)
    let (folder, state) = (run.folder, run.trainer.state)
    attempt("the journal") {
      journal = try RunJournal(path: folder.journalPath)
      let text = run.continuedFrom.map { "continued after step \($0) of \(run.plan.steps)" } ?? "begun, \(run.plan.steps) steps"
      try journal?.add(.start, step: state.step, "\(text), by process \(ProcessInfo.processInfo.processIdentifier)")
      for note in run.notes { try journal?.add(.note, step: state.step, note) }
    }
    attempt("the event file") {
      events = try EventFile(path: folder.eventsPath, continuingAfter: state.step == 0 ? nil : state.step)
    }
    attempt("log.txt") {
      // A step that waits for its evaluation is told of once more.
      let lines = try StepMetrics.read(folder.metricsPath).filter { $0.step != run.pendingStep }
      epochs = try EpochLog(path: folder.epochLogPath, after: lines)
    }
    attempt("the pictures of what is learned") {
      pictures = try FixedPictures(run)
      if state.step == 0, let drawn = try pictures?.draw(0) { try events?.append(step: 0, drawn) }
    }
  }

  /// Adds the step to event file and log, and draws when it is time.
  public func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) {
    next.didStep(metrics, of: plan)
    var values = metrics.eventValues
    if let pictures {
      attempt("the pictures of what is learned") { values += try pictures.drawIfDue(after: metrics, of: plan) }
    }
    if let events {
      if let every = plan.recipe.evaluation.histogramsEvery, metrics.step.isMultiple(of: every) { values += gradients }
      attempt("the event file") { try events.append(step: metrics.step, values) }
    }
    if let epochs { attempt("log.txt") { try epochs.add(metrics, isLast: metrics.step == plan.steps) } }
  }

  /// Adds what was found to the event file, which has the rest of the step, and the step to the log.
  public func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan) {
    next.didJudge(metrics, of: plan)
    if let events, let values = metrics.evaluation?.eventValues {
      attempt("the event file") { try events.append(step: metrics.step, values) }
    }
    if let epochs { attempt("log.txt") { try epochs.add(metrics, isLast: metrics.step == plan.steps) } }
  }

  /// Passed on.
  public func didLook(at done: Int, of count: Int) { next.didLook(at: done, of: count) }

  /// Writes the page anew, unless that would take too much of the time.
  public func didSave(step: Int, path: String) {
    next.didSave(step: step, path: path)
    let seconds = (ContinuousClock.now - lastPage) / .seconds(1)
    if pageSeconds <= Self.pageShare * seconds { writePage() }
  }

  /// Kept in the journal.
  public func note(_ text: String) {
    next.note(text)
    if let journal { attempt("the journal") { try journal.add(.note, step: run.trainer.state.step, text) } }
  }

  /// Says in the journal how this part of the run ended, and writes the page.
  ///
  /// - Returns: where the page is; nil when it could not be written.
  @discardableResult
  public func end(_ text: String) -> String? {
    if let journal { attempt("the journal") { try journal.add(.end, step: run.trainer.state.step, text) } }
    writePage()
    return failed.contains("the report") ? nil : run.folder.reportPath
  }

  private func writePage() {
    let watch = Stopwatch()
    attempt("the report") { try RunReport(run.folder.path).write(to: run.folder.reportPath) }
    (pageSeconds, lastPage) = (watch.seconds, .now)
  }

  /// Of every trained parameter, as the last step left them.
  private var gradients: [EventValue] {
    let store = run.model.parameters
    return store.parameters.filter(\.isTrainable).compactMap { parameter in
      Histogram(store.gradient(of: parameter)).map {
        EventValue("gradients/" + parameter.name.replacing(".", with: "/"), .histogram($0))
      }
    }
  }

  /// Does something that a run can do without.
  private func attempt(_ what: String, _ work: () throws -> Void) {
    guard !failed.contains(what) else { return }
    do { try work() } catch {
      failed.insert(what)
      // Past the journal, which may be what failed.
      next.note("\(what) is left out: \(error)")
    }
  }
}

extension StepMetrics {
  /// The numbers of a step under TensorBoard's usual tags; what was no number is left out.
  var eventValues: [EventValue] {
    let numbers: [(tag: String, value: Double?)] = [
      ("loss", loss), ("learning_rate", lr), ("grad_norm", gradNorm), ("samples_per_second", samplesPerSecond),
      ("data_share", dataShare), ("epoch", epoch),
    ]
    let named = (parts ?? [:]).sorted { $0.key < $1.key }.map { (tag: "loss/" + $0.key, value: Optional($0.value)) }
    return EventValue.scalars(numbers + named) + (evaluation?.eventValues ?? [])
  }
}

extension Evaluation {
  /// Likewise.
  fileprivate var eventValues: [EventValue] {
    EventValue.scalars([("evaluation/top1", top1), ("evaluation/holdout_loss", holdoutLoss)])
  }
}

extension EventValue {
  /// Those that are numbers.
  fileprivate static func scalars(_ numbers: [(tag: String, value: Double?)]) -> [EventValue] {
    numbers.compactMap { tag, value -> EventValue? in
      guard let value, value.isFinite else { return nil }
      return EventValue(tag, .scalar(value))
    }
  }
}
