import ArgumentParser
import MaskedAutoencoders

/// A run that a command has begun: trained to its end in a terminal, or until somebody stops it.
struct TrainingSession {
  private let run: Pretraining
  private let output: String
  private let evaluator: (any ModelEvaluator)?
  private let stoppedExitCode: Int32

  /// - Parameters:
  ///   - output: the run's folder, as the person called it.
  ///   - stoppedExitCode: of a run that was told to stop.
  init(
    _ run: Pretraining, output: String, evaluator: (any ModelEvaluator)?,
    stoppedExitCode: Int32 = FailureKind.interrupted.exitCode
  ) {
    (self.run, self.output, self.evaluator, self.stoppedExitCode) = (run, output, evaluator, stoppedExitCode)
  }

  /// - Parameter done: what to say at the end, given what was learned, a sentence after a space or nothing.
  func train(_ done: (_ learned: String) -> String) throws {
    guard !run.isFinished else {
      try run.requireNumbers()
      Console.say("This run is finished; there is nothing left to do. Use another folder for another run.")
      Console.result("\(run.checkpointPath)")
      return
    }
    // A run whose last step waits for its evaluation has no other to come.
    if !run.trainer.isFinished {
      let seconds = try WaitingLine.during("timing a step") { try run.measuredStepSeconds() }
      Banner.say("time", TimeForecast.sentence(secondsPerStep: seconds, after: run.trainer.state.step, of: run.plan))
    }
    let noun = run.plan.recipe.method.isForVideo ? "clips" : "pictures"
    let progress = ProgressLine(noun: noun, batchesPerEpoch: run.plan.batchesPerEpoch)
    // The first process alone leaves pages and pictures.
    let recorder = run.processes.isFirst ? RunRecorder(run, then: GuideReport(run, then: progress) ?? progress) : nil
    let outcome: TrainingOutcome
    do {
      outcome = try run.train(
        observer: recorder ?? progress, evaluator: evaluator, isCancelled: { StopSignal.requested != nil })
    } catch {
      progress.close()
      recorder?.end("ended by an error: \(error)")
      throw error
    }
    progress.close()
    switch outcome {
    case .finished:
      let page = recorder?.end("finished")
      Console.result(run.checkpointPath)
      Console.say(done(run.whatWasLearned.map { " \($0)." } ?? ""))
      if page != nil { Console.say("What came of it is on one page: \(output)/report.html") }
    case .interrupted(let step):
      recorder?.end("told to stop; saved")
      let launcher = run.processes.count > 1 ? ["mpirun", "-np", "\(run.processes.count)"] : []
      let words = Shell.quoted(launcher + CommandLine.words)
      Console.say("Interrupted after step \(step); saved. Continue with: \(words)")
      throw ExitCode(stoppedExitCode)
    }
  }
}
