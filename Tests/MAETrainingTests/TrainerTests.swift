import Foundation
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import TestSupport
import Testing

@Suite struct TrainerTests {
  @Test("the loss falls on stripes", arguments: [MAEModels.Method.mae, .videomae, .simmim, .uMAE, .crossmae])
  func lossFalls(method: MAEModels.Method) throws {
    let folder = TemporaryFolder()
    let run = try Small.pretraining(Small.recipe(method, steps: 250), in: folder.path + "/run")
    #expect(try run.train() == .finished)
    let losses = try StepMetrics.read(run.folder.metricsPath).compactMap(\.loss)
    #expect(losses.count == 250)
    let (early, late) = (losses.prefix(10).reduce(0, +) / 10, losses.suffix(10).reduce(0, +) / 10)
    #expect(late < 0.985 * early, "from \(early) to \(late)")
  }

  /// Values of all parameters and moments, and the log without times.
  private func trace(_ run: Pretraining) throws -> (numbers: [[Float]], losses: [Double?]) {
    let parameters = run.model.parameters
    let numbers = parameters.parameters.map { parameters.values(of: $0) }
    let moments = parameters.parameters.filter(\.isTrainable).flatMap { parameter in
      run.trainer.optimizer.state(of: parameter).map { $0.values.floats() }
    }
    return (numbers + moments, try StepMetrics.read(run.folder.metricsPath).map(\.loss))
  }

  @Test(
    "a run that stopped and went on equals one that did not, bit for bit", arguments: [1, 3, 10],
    [(1, OptimizerRecipe.Kind.adamW), (2, .adamW), (1, .muon)])
  func resume(stop: Int, way: (accumulation: Int, optimizer: OptimizerRecipe.Kind)) throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(.videomae, steps: 12)
    recipe.run.accumulation = way.accumulation
    recipe.optimizer.kind = way.optimizer
    recipe.model.encoder.dropPath = 0.3
    recipe.optimizer.clipGradient = 0.5
    let whole = try Small.pretraining(recipe, in: folder.path + "/whole")
    #expect(try whole.train() == .finished)

    do {
      let first = try Small.pretraining(recipe, in: folder.path + "/parts")
      #expect(first.continuedFrom == nil)
      #expect(try first.train(stopAfter: stop) == .interrupted(step: stop))
    }
    let second = try Small.pretraining(recipe, in: folder.path + "/parts", threads: 2)
    #expect(second.continuedFrom == stop)
    #expect(try second.train() == .finished)

    let (expected, found) = try (trace(whole), trace(second))
    #expect(found.numbers == expected.numbers)
    #expect(found.losses == expected.losses)
  }

  @Test("work after the last checkpoint is done again") func workAfterTheLastCheckpointIsDoneAgain() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/run"
    var recipe = Small.recipe(steps: 10)
    recipe.run.saveEvery = 4
    do {
      let run = try Small.pretraining(recipe, in: path)
      _ = try run.train(stopAfter: 6)
    }
    // As if the process had been killed after step 6: the checkpoint of the stop is gone, its lines are there.
    try FileManager.default.removeItem(atPath: path + "/checkpoints/step-000006")
    try Data("{\"step\": 7, \"epo".utf8).append(to: path + "/metrics.jsonl")
    let run = try Small.pretraining(recipe, in: path)
    #expect(run.continuedFrom == 4)
    #expect(try StepMetrics.read(path + "/metrics.jsonl").map(\.step) == [1, 2, 3, 4])
    #expect(try run.train() == .finished)
    #expect(try StepMetrics.read(path + "/metrics.jsonl").map(\.step) == Array(1...10))
  }

  @Test("a run goes on from the checkpoint before a damaged one, says so, and ends at the same weights")
  func damagedCheckpoint() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/run"
    var recipe = Small.recipe(steps: 6)
    recipe.run.saveEvery = 2
    recipe.run.keep = 3
    _ = try Small.pretraining(recipe, in: folder.path + "/whole").train()
    do { _ = try Small.pretraining(recipe, in: path).train(stopAfter: 4) }
    let weights = "run/checkpoints/step-000004/model.safetensors"
    var bytes = try folder.data(weights)
    bytes[bytes.count - 5] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: folder.path(weights)))
    do {
      let run = try Small.pretraining(recipe, in: path)
      #expect(run.continuedFrom == 2)
      let note = try #require(run.notes.first { $0.contains("is damaged") })
      #expect(note.hasPrefix(folder.path(weights)) && note.contains("goes on from step 2"))
      #expect(try run.train(stopAfter: 3) == .interrupted(step: 3))
      #expect(try folder.data(weights) == bytes, "it stays in its place")
      #expect(try StepMetrics.read(run.folder.metricsPath).map(\.notes) == [nil, nil, [note]])
    }
    do {
      let last = try Small.pretraining(recipe, in: path)
      #expect(last.continuedFrom == 3)
      #expect(try last.train() == .finished)
    }
    for name in ["step-000006", "step-000004"] {
      #expect(
        try folder.data("run/checkpoints/\(name)/model.safetensors")
          == folder.data("whole/checkpoints/\(name)/model.safetensors"))
    }
    #expect(try Small.pretraining(recipe, in: path).notes.allSatisfy { !$0.contains("damaged") })
  }

  @Test("a run whose checkpoints are all damaged says so and does not start over") func allDamaged() throws {
    let folder = TemporaryFolder()
    let recipe = Small.recipe(steps: 2)
    do { _ = try Small.pretraining(recipe, in: folder.path("run")).train() }
    for name in try folder.names("run/checkpoints") where name != "last" {
      try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.path("run/checkpoints/\(name)/state.json")))
    }
    let error = #expect(throws: TrainingError.self) { try Small.pretraining(recipe, in: folder.path("run")) }
    #expect(error?.kind == .unusable && error?.description.contains("no older checkpoint is whole") == true)
  }

  @Test("checkpoints are kept over the whole run unless somebody says otherwise") func checkpointsAreSpread() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/run"
    let run = try Small.pretraining(Small.recipe(steps: 20), in: path)
    #expect(try run.train() == .finished)
    #expect(run.plan.saveInterval == 2)
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/checkpoints").sorted()
    #expect(names == ["last"] + [0, 4, 8, 12, 18, 20].map { "step-0000" + ($0 < 10 ? "0" : "") + "\($0)" })
  }

  @Test("two half batches give the gradient of a whole one") func twoHalfBatchesGiveTheGradientOfAWholeOne() throws {
    let folder = TemporaryFolder()
    var whole = Small.recipe(steps: 1)
    whole.run.batchSize = 8
    var halves = whole
    halves.run.batchSize = 4
    halves.run.accumulation = 2
    var norms: [Double] = []
    for (name, recipe) in [("whole", whole), ("halves", halves)] {
      let run = try Small.pretraining(recipe, in: folder.path + "/" + name)
      _ = try run.train()
      norms.append(try #require(try StepMetrics.read(run.folder.metricsPath).first?.gradNorm))
    }
    #expect(abs(norms[0] - norms[1]) < 1e-5 * norms[0])
  }

  @Test("steps without a number are left out and several end the run") func stepsWithoutANumberAreLeftOutAndSeveralEndTheRun()
    throws
  {
    let folder = TemporaryFolder()
    let run = try Small.pretraining(Small.recipe(steps: 40), in: folder.path + "/run")
    _ = try run.train(stopAfter: 2)
    let parameter = try #require(run.model.parameters.parameters.first { $0.role == .bias })
    let good = run.model.parameters.values(of: parameter)
    run.model.parameters.setValues(good.map { _ in .nan }, of: parameter)
    let report = try run.trainer.step()
    #expect(report.loss == nil)
    #expect(run.trainer.state.lossGuard.total == 1)
    #expect(run.trainer.state.optimizerSteps == 2)
    run.model.parameters.setValues(good, of: parameter)
    #expect(try run.trainer.step().loss != nil)
    #expect(run.trainer.state.lossGuard.inARow == 0)

    run.model.parameters.setValues(good.map { _ in .nan }, of: parameter)
    let error = #expect(throws: TrainingError.self) { try run.train() }
    #expect(error?.kind == .diverged)
    // The checkpoint from before is still there and good.
    let entries = try FileManager.default.contentsOfDirectory(atPath: run.folder.checkpointsPath).sorted()
    #expect(entries.contains("step-000002"))
  }

  @Test("a run whose last steps were left out, or most of them, is no success", arguments: [[4], [0, 1, 2, 3], [2], [0, 1]])
  func withoutANumberAtTheEnd(steps: [Int]) throws {
    let folder = TemporaryFolder()
    let run = try Small.pretraining(Small.recipe(steps: 5), in: folder.path + "/run")
    let parameter = try #require(run.model.parameters.parameters.first { $0.role == .bias })
    let good = run.model.parameters.values(of: parameter)
    let breaker = Breaker { step in
      run.model.parameters.setValues(steps.contains(step) ? good.map { _ in .nan } : good, of: parameter)
    }
    breaker.change(0)
    if steps.contains(4) || steps.count > 2 {
      let error = #expect(throws: TrainingError.self) { try run.train(observer: breaker) }
      #expect(error?.kind == .diverged && error?.description.contains("\(steps.count) of 5 steps") == true, "\(error as Any)")
    } else {
      #expect(try run.train(observer: breaker) == .finished)
    }
    #expect(run.trainer.isFinished)
    // Whoever asks again hears the same.
    let again = Result { () throws(TrainingError) in try run.requireNumbers() }
    let isRefused = (try? again.get()) == nil
    #expect(isRefused == (steps.contains(4) || steps.count > 2))
  }

  /// Changes something after each step.
  private final class Breaker: TrainingObserver {
    let change: (Int) -> Void
    init(_ change: @escaping (Int) -> Void) { self.change = change }
    func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) { change(metrics.step) }
  }

  @Test("measuring a step changes nothing") func measuringAStepChangesNothing() throws {
    let folder = TemporaryFolder()
    var losses: [[Double?]] = []
    for measures in [false, true] {
      let run = try Small.pretraining(Small.recipe(steps: 3), in: folder.path + "/\(measures)")
      if measures { #expect(try run.trainer.measuredStepSeconds() > 0) }
      _ = try run.train()
      losses.append(try StepMetrics.read(run.folder.metricsPath).map(\.loss))
    }
    #expect(losses[0] == losses[1])
  }

  @Test("bad files of earlier parts stay listed") func badFilesOfEarlierPartsStayListed() throws {
    let folder = TemporaryFolder()
    let recipe = Small.recipe(steps: 4)
    let path = folder.path + "/run"
    for (name, stop) in [("a.mp4", 2), ("b.mp4", 4)] {
      let run = try Small.pretraining(recipe, in: path) { first in
        let source = StripeSource(recipe, startingAt: first)
        source.badFiles = [.init(file: name, frameTime: 0.5, reason: "broken")]
        return source
      }
      _ = try run.train(stopAfter: stop)
    }
    let text = try String(contentsOfFile: path + "/bad_files.jsonl", encoding: .utf8)
    #expect(
      text == """
        {"file":"a.mp4","frame_time":0.5,"reason":"broken"}
        {"file":"b.mp4","frame_time":0.5,"reason":"broken"}

        """)
  }
}

extension Data {
  fileprivate func append(to path: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: self)
    try handle.close()
  }
}
