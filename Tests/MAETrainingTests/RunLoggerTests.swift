import InMemoryLogging
import Logging
import MAETraining
import TestSupport
import Testing

@Suite struct RunLoggerTests {
  private final class Counter: TrainingObserver {
    var (steps, saves, notes) = (0, 0, 0)
    func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) { steps += 1 }
    func didSave(step: Int, path: String) { saves += 1 }
    func note(_ text: String) { notes += 1 }
  }

  @Test("a logger has every step, checkpoint and note of a run, and so has the observer behind it") func run() throws {
    let folder = TemporaryFolder()
    let run = try Small.pretraining(Small.recipe(steps: 7), in: folder.path("run"))
    var handler = InMemoryLogHandler()
    handler.logLevel = .trace
    let (lines, counter) = (handler, Counter())
    let logger = RunLogger(Logger(label: "test") { _ in lines }, every: 3, then: counter)
    #expect(try run.train(observer: logger) == .finished)
    logger.note("a note")
    let steps = lines.entries.filter { $0.message == "step" }
    #expect(steps.map { $0.metadata["step"] } == (1...7).map { "\($0)" })
    #expect(steps.map(\.level) == [.debug, .debug, .info, .debug, .debug, .info, .info])
    #expect(steps.allSatisfy { Double($0.metadata["loss"]?.description ?? "") != nil })
    let saves = lines.entries.filter { $0.message == "checkpoint" }
    #expect(saves.first?.metadata["step"] == "0" && saves.last?.metadata["step"] == "7" && saves.allSatisfy { $0.level == .info })
    #expect(lines.entries.last?.message == "a note" && lines.entries.last?.level == .notice)
    #expect(counter.steps == 7 && counter.saves == saves.count && counter.notes == lines.entries.count { $0.level == .notice })
  }
}
