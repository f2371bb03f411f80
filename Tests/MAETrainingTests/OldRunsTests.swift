import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining
import TestSupport
import Testing

/// Run folders of version 0.1, stopped after three of six steps, go on as that version did.
///
/// `Fixtures/Runs` holds one for each method, of the self-guided one before and after the switch in each mode, and the losses of
/// that version's whole runs.
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
    try Small.pretraining(
      recipe, in: path, source: { StripeSource(recipe, startingAt: $0) }, wholePicture: { _ in Self.whole })
  }

  /// What the guide saw as a whole picture.
  private static let whole: SelfGuide.WholePicture = {
    var pixels: [UInt8] = []
    for index in 0..<768 { pixels.append(UInt8((index * index / 7) % 251)) }
    let size = FrameSize(square: 16)
    return SelfGuide.WholePicture(clip: Clip(size: size, times: [0], pixels: pixels), size: size)
  }()

  @Test("there is a run of every method")
  func coverage() throws {
    for method in Catalogue.builtIn.methods {
      #expect(Self.losses.keys.contains { $0 == method.name || $0.hasPrefix(method.name + "-") }, "\(method)")
    }
    #expect(Self.losses.keys.count { $0.hasPrefix("self-guided") } == 2 * GuideMode.allCases.count)
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
