import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAERecipes
import MAETraining
import TestSupport
import Testing

/// Run folders of version 0.1, stopped after three of six steps, go on as that version did.
///
/// `Fixtures/Runs` holds one for each method, and the losses of that version's whole runs; self-guided runs of that version, of
/// which there is one after its switch, are refused.
@Suite struct OldRunsTests {
  private static let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/Runs").path

  private static let losses: [String: [Double]] = {
    let data = FileManager.default.contents(atPath: folder + "/losses.json") ?? Data()
    return (try? JSONDecoder().decode([String: [Double]].self, from: data)) ?? [:]
  }()

  private static func copy(_ name: String, to path: String) throws {
    try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: path)
  }

  private static func start(_ recipe: Recipe, in path: String) throws -> Pretraining {
    try Small.pretraining(recipe, in: path, source: { StripeSource(recipe, startingAt: $0) })
  }

  @Test("there is a run of every method of that version")
  func coverage() throws {
    #expect(Self.losses.keys.sorted() == ["mae", "mae-st", "siammae", "simmim", "u-mae", "videomae"])
  }

  @Test("a self-guided run of that version is refused with one sentence, as a configuration that cannot be followed")
  func refused() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/run"
    try Self.copy("self-guided-image-after", to: path)
    let error = #expect(throws: RecipeError.self) { try Recipe.stored(in: path) }
    #expect(error?.kind == .configuration && error?.problems.count == 1)
    #expect(error?.description.hasPrefix("\(path)/config.yaml: has settings that self-guided masking had before") == true)
  }

  @Test("a run goes on from its checkpoint with the losses that it would have had", arguments: losses.keys.sorted())
  func goesOn(name: String) throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/run"
    try Self.copy(name, to: path)
    let recipe = try Recipe.stored(in: path)
    // A folder belongs to one run at a time.
    do {
      let run = try Self.start(recipe, in: path)
      #expect(run.continuedFrom == 3)
      #expect(try run.train() == .finished)
    }
    let losses = try StepMetrics.read(path + "/metrics.jsonl").compactMap(\.loss)
    let expected = try #require(Self.losses[name])
    #expect(losses.count == 6)
    for (loss, value) in zip(losses, expected) { #expect(abs(loss - value) < 1e-5, "\(losses), expected \(expected)") }
    // The states that it wrote are of today's form, and are found again.
    #expect(try Self.start(recipe, in: path).continuedFrom == 6)
  }

  @Test("a run never starts over on top of checkpoints of another recipe")
  func another() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/run"
    try Self.copy("mae", to: path)
    var recipe = try Recipe.stored(in: path)
    recipe.optimizer.weightDecay = 0.1
    let error = #expect(throws: TrainingError.self) { try Self.start(recipe, in: path) }
    #expect(error?.description.contains("another recipe") == true)
  }
}
