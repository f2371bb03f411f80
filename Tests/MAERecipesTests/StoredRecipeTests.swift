import Foundation
import MAECore
import MAEModels
import MAERecipes
import Testing

/// Files of runs that an earlier version began: each is read, means what it meant, and is written with the same text.
@Suite struct StoredRecipeTests {
  private func text(_ name: String) throws -> String {
    let path = try #require(Bundle.module.path(forResource: name, ofType: "yaml", inDirectory: "Fixtures"))
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test("published recipes", arguments: [MAEModels.Method.mae, .videomae, .maeST, .siammae, .simmim, .uMAE])
  func published(method: MAEModels.Method) throws {
    let text = try text(method.name)
    #expect(try Recipe(yaml: text, path: "config.yaml") == method.recipe(.tiny))
    #expect(method.recipe(.tiny).yaml == text)
  }

  @Test("self-guided runs of that version cannot go on, those without a guide can")
  func guides() throws {
    for name in ["self-guided", "guided-images", "guided-clips"] {
      let error = #expect(throws: RecipeError.self) { try Recipe(yaml: text(name), path: "config.yaml") }
      #expect(error?.isOutdated == true && error?.problems.count == 1, "\(error?.description ?? "")")
    }
    let unguided = try Recipe(yaml: text("unguided"), path: "config.yaml")
    #expect(unguided.method == .selfGuided)
    #expect(unguided.model.masking.guide == nil)
    #expect(unguided.guidance == nil)
    #expect(unguided.model.masking.kind == .random)
  }

  @Test("chosen values") func chosenValues() throws {
    let text = try text("chosen-pairs")
    let recipe = try Recipe(yaml: text, path: "config.yaml")
    #expect(recipe.data.frameGap == [2, 9])
    #expect(recipe.model.decoder?.cross?.order == .crossSelfMLP)
    #expect(recipe.run.seed == .max)
    #expect(recipe.schedule.epochs == 12.5)
    #expect(recipe.yaml == text)
  }

  @Test("units of blocks in pixels, which earlier versions wrote, are read and written as they were; pixio has them in patches")
  func units() throws {
    var began = MAEModels.Method.pixio.recipe(.tiny)
    #expect(began.yaml.contains("patches: 4"))
    began.model.masking.rounding = .visibleDownBlocks(unit: 64)
    #expect(began.yaml.contains("unit: 64") && !began.yaml.contains("patches:"))
    let read = try Recipe(yaml: began.yaml, path: "config.yaml")
    #expect(read == began && read.fingerprint == began.fingerprint)
    // They went by the side of a patch, and shrank where they did not divide the grid.
    let grid = TokenGrid(height: 4, width: 4)
    #expect(try read.model.masking.strategy(for: grid, patch: 8).visibleCount(in: grid) == 4)
  }
}
