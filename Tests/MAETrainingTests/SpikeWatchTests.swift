import Foundation
import MAECore
import MAETraining
import TestSupport
import Testing

@Suite struct SpikeWatchTests {
  /// Steps with a loss that falls from 1, and noise.
  private static func steps(_ count: Int) -> [(loss: Double, norm: Double)] {
    var random = RandomStream(seed: 5)
    return (0..<count).map { step in
      (
        0.4 + 0.6 * exp(-Double(step) / 80) + Double.random(in: -0.02...0.02, using: &random),
        0.5 + Double.random(in: -0.1...0.1, using: &random)
      )
    }
  }

  @Test("a falling loss with noise has no spikes; one far above is a spike, by loss or by norm")
  func outliers() {
    for (place, loss, norm) in [(300, 1.0, 0.5), (300, 0.4, 3.0)] {
      var watch = SpikeWatch()
      for (step, value) in Self.steps(600).enumerated() {
        let isOutlier = step == place
        let spike = watch.take(loss: isOutlier ? loss : value.loss, gradientNorm: isOutlier ? norm : value.norm, leftOutFrom: 6)
        #expect((spike != nil) == isOutlier, "step \(step): \(spike as Any)")
        if let spike { #expect(spike.isLeftOut && max(spike.loss, spike.gradNorm) > 6) }
      }
    }
  }

  @Test("nothing is a spike before there is something to compare with, or far below the mean")
  func noSpikes() {
    var watch = SpikeWatch()
    for step in 0..<30 { #expect(watch.take(loss: step == 20 ? 50 : 1, gradientNorm: 1, leftOutFrom: 6) == nil) }
    watch = SpikeWatch()
    for value in Self.steps(100) { _ = watch.take(loss: value.loss, gradientNorm: value.norm, leftOutFrom: 6) }
    #expect(watch.take(loss: -5, gradientNorm: 0, leftOutFrom: 6) == nil)
  }

  @Test("a loss that has not begun to fall has no spikes of a few hundredths, but has larger ones")
  func hardlyMoves() {
    var watch = SpikeWatch()
    for step in 0..<100 {
      #expect(watch.take(loss: 2.303 + 1e-3 * Double(step % 3), gradientNorm: 3.6, leftOutFrom: 6) == nil)
    }
    #expect(watch.take(loss: 2.33, gradientNorm: 3.6, leftOutFrom: 6) == nil)
    #expect(watch.take(loss: 2.6, gradientNorm: 3.6, leftOutFrom: 6) != nil)
  }

  @Test("a run that stays at another level is not left out for ever")
  func anotherLevel() {
    var watch = SpikeWatch()
    for value in Self.steps(100) { _ = watch.take(loss: value.loss, gradientNorm: value.norm, leftOutFrom: 6) }
    let spikes = (0..<20).map { _ in watch.take(loss: 3, gradientNorm: 0.5, leftOutFrom: 6) != nil }
    #expect(spikes == [true, true, true, true] + [Bool](repeating: false, count: 16))
  }

  @Test("a watch that was written and read judges as the one that was not, of huge numbers too")
  func stored() throws {
    var whole = SpikeWatch()
    for (step, value) in (Self.steps(120) + [(1e300, 1e300)] + Self.steps(20)).enumerated() {
      var read = try JSONDecoder().decode(SpikeWatch.self, from: JSONEncoder().encode(whole))
      let found = read.take(loss: value.loss, gradientNorm: value.norm, leftOutFrom: 4)
      #expect(whole.take(loss: value.loss, gradientNorm: value.norm, leftOutFrom: 4) == found, "step \(step)")
      #expect(read == whole)
    }
  }

  /// Makes one step's output huge, and remembers what is said.
  private final class Disturber: TrainingObserver {
    var notes: [String] = []
    let disturb: (Int) -> Void
    init(_ disturb: @escaping (Int) -> Void) { self.disturb = disturb }
    func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) { disturb(metrics.step) }
    func note(_ text: String) { notes.append(text) }
  }

  @Test("a spike is said with its files; it changes nothing on request, and the run goes on", arguments: [nil, 6.0])
  func spikeInARun(limit: Double?) throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(steps: 45)
    recipe.run.skipSpikes = limit
    let run = try Small.pretraining(recipe, in: folder.path("run"))
    let parameter = try #require(run.model.parameters.parameters.first { $0.name == "decoder.pred.bias" })
    var good: [Float] = []
    let observer = Disturber { step in
      if step == 39 {
        good = run.model.parameters.values(of: parameter)
        run.model.parameters.setValues(good.map { $0 + 20 }, of: parameter)
      } else if step == 40 {
        run.model.parameters.setValues(good, of: parameter)
      }
    }
    #expect(try run.train(observer: observer) == .finished)
    let metrics = try StepMetrics.read(run.folder.metricsPath)
    #expect(metrics.filter { $0.spike != nil }.map(\.step) == [40])
    let line = metrics[39]
    #expect(line.files == ["stripes"] && line.loss != nil && line.spike?.isLeftOut == (limit != nil))
    #expect(run.trainer.state.optimizerSteps == (limit == nil ? 45 : 44))
    let note = try #require(observer.notes.first { $0.hasPrefix("step 40: lies far above what is usual") })
    #expect(note.contains("its files: stripes") && note.contains(limit == nil ? "--skip-spikes 6" : "the step was left out"))
  }

  @Test("a run goes on with another limit, as what is said of a spike advises") func limitOfARunThatGoesOn() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(steps: 6)
    do { _ = try Small.pretraining(recipe, in: folder.path("run")).train(stopAfter: 3) }
    recipe.run.skipSpikes = 6
    let run = try Small.pretraining(recipe, in: folder.path("run"))
    #expect(run.continuedFrom == 3)
    #expect(try run.train() == .finished)
  }

  @Test("what is usual outlives a stop") func resumed() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(steps: 40)
    recipe.run.skipSpikes = 1.5
    let whole = try Small.pretraining(recipe, in: folder.path("whole"))
    _ = try whole.train()
    do { _ = try Small.pretraining(recipe, in: folder.path("parts")).train(stopAfter: 34) }
    let parts = try Small.pretraining(recipe, in: folder.path("parts"))
    _ = try parts.train()
    #expect(parts.trainer.state.spikes == whole.trainer.state.spikes)
    #expect(parts.trainer.state.optimizerSteps == whole.trainer.state.optimizerSteps)
    #expect(
      try folder.data("parts/checkpoints/step-000040/model.safetensors")
        == folder.data("whole/checkpoints/step-000040/model.safetensors"))
  }
}
