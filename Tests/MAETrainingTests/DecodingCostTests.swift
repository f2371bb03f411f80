import MAECore
import MAEData
import MAEModels
import MAETraining
import TestSupport
import Testing

@Suite struct DecodingCostTests {
  /// Says that reading its samples cost so much processor time each.
  private final class CostlySource: BatchSource {
    private let stripes: StripeSource
    private let secondsPerSample: Double
    var waitSeconds: Double { 0 }
    var badFiles: [BadFile] { [] }
    var effort: LoaderStatistics? {
      var statistics = LoaderStatistics()
      // Everything was read before the first step.
      statistics.samplesLoaded = 1000
      statistics.processorSeconds = 1000 * secondsPerSample
      return statistics
    }

    init(_ recipe: Recipe, secondsPerSample: Double) {
      stripes = StripeSource(recipe, startingAt: 0)
      self.secondsPerSample = secondsPerSample
    }

    func next() throws -> ClipBatch { try stripes.next() }
  }

  private final class Notes: TrainingObserver {
    var texts: [String] = []
    func note(_ text: String) { texts.append(text) }
  }

  @Test("a run says once that decoding costs more than a third of a step, and nothing when it costs less")
  func warnsOnce() throws {
    let recipe = Small.recipe(steps: 12)
    for (seconds, count) in [(1000.0, 1), (1e-9, 0)] {
      let folder = TemporaryFolder()
      let run = try Small.pretraining(recipe, in: folder.path + "/run") { _ in
        CostlySource(recipe, secondsPerSample: seconds)
      }
      let notes = Notes()
      _ = try run.train(observer: notes)
      #expect(notes.texts.count { $0.contains("of processor time") && $0.contains("--repeat-aug") } == count)
    }
  }
}
