import Foundation
import MAEFoundation
import MAERecipes
import MAETraining
import TestSupport
import Testing

@Suite struct RunFolderTests {
  @Test("a new folder is made and an empty one taken") func aNewFolderIsMadeAndAnEmptyOneTaken() throws {
    let folder = TemporaryFolder()
    _ = try RunFolder(folder.path)
    let inside = try RunFolder(folder.path + "/a/b")
    #expect(try inside.storedRecipe() == nil)
    #expect(!RunFolder.isRunFolder(inside.path))
  }

  @Test("a folder of somebody else is refused") func aFolderOfSomebodyElseIsRefused() throws {
    let folder = TemporaryFolder()
    try "holiday".write(toFile: folder.path + "/notes.txt", atomically: true, encoding: .utf8)
    let error = #expect(throws: TrainingError.self) { try RunFolder(folder.path) }
    #expect(error?.kind == .cannotCreate)
    #expect(error?.description.contains("notes.txt") == true)
    try "method: mae".write(toFile: folder.path + "/config.yaml", atomically: true, encoding: .utf8)
    #expect(throws: TrainingError.self) { try RunFolder(folder.path) }
    #expect(throws: TrainingError.self) { try RunFolder(folder.path + "/notes.txt") }
    let impossible = #expect(throws: FileError.self) { try RunFolder("/proc/nothing/here") }
    #expect(impossible?.kind == .cannotCreate)
  }

  @Test("what a killed start left behind is no obstacle and goes away") func whatAKilledStartLeftBehindIsNoObstacleAndGoesAway()
    throws
  {
    let folder = TemporaryFolder()
    try "half a con".write(toFile: folder.path + "/.4211.partial", atomically: true, encoding: .utf8)
    let run = try RunFolder(folder.path)
    #expect(try FileManager.default.contentsOfDirectory(atPath: run.path) == [".lock"])
  }

  @Test("a run whose folder is taken away ends with a sentence and makes no other one") func takenAway() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(steps: 9)
    recipe.run.saveEvery = 3
    let run = try Small.pretraining(recipe, in: folder.path("run"))
    #expect(try run.train(stopAfter: 4) == .interrupted(step: 4))
    try FileManager.default.moveItem(atPath: folder.path("run"), toPath: folder.path("elsewhere"))
    let error = #expect(throws: TrainingError.self) { try run.train() }
    #expect(error?.kind == .inputOutput)
    #expect(error?.description.contains("was moved or removed") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
  }

  @Test("one process at a time holds a folder") func oneProcessAtATimeHoldsAFolder() throws {
    let folder = TemporaryFolder()
    do {
      let first = try RunFolder(folder.path)
      let error = #expect(throws: TrainingError.self) { try RunFolder(folder.path) }
      #expect(error?.description.contains("another process") == true)
      withExtendedLifetime(first) {}
    }
    _ = try RunFolder(folder.path)
  }

  @Test("the recipe is stored and differences are listed by flag") func theRecipeIsStoredAndDifferencesAreListedByFlag() throws {
    let folder = TemporaryFolder()
    let run = try RunFolder(folder.path)
    let recipe = Small.recipe(steps: 10)
    try run.store(recipe)
    #expect(RunFolder.isRunFolder(folder.path))
    let stored = try #require(try run.storedRecipe())
    #expect(stored == recipe)
    try run.requireAgreement(of: recipe, with: stored)

    var other = recipe
    other.run.threads = 3
    // The way out for a run that stopped at cut pictures.
    other.data.allowsTruncated = true
    try run.requireAgreement(of: other, with: stored)
    #expect(other.fingerprint == recipe.fingerprint)
    other.model.masking.ratio = 0.5
    other.schedule.steps = 20
    let error = #expect(throws: TrainingError.self) { try run.requireAgreement(of: other, with: stored) }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("--mask-ratio is 0.5, there 0.75") == true)
    #expect(error?.description.contains("--steps is 20, there 10") == true)
  }
}
