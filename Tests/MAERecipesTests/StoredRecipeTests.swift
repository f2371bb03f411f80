import Foundation
import MAEModels
import MAERecipes
import Testing

/// Files of runs that an earlier version began: each is read, means what it meant, and is written with the same text.
@Suite struct StoredRecipeTests {
  private func text(_ name: String) throws -> String {
    let path = try #require(Bundle.module.path(forResource: name, ofType: "yaml", inDirectory: "Fixtures"))
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test("published recipes", arguments: Catalogue.builtIn.methods)
  func published(method: MAEModels.Method) throws {
    let text = try text(method.name)
    #expect(try Recipe(yaml: text, path: "config.yaml") == method.recipe(.tiny))
    // The guide's schedule has moved from the model to the recipe.
    if method != .selfGuided { #expect(method.recipe(.tiny).yaml == text) }
  }

  @Test func guides() throws {
    let images = try Recipe(yaml: text("guided-images"), path: "config.yaml")
    #expect(images.model.masking.guide == GuideConfiguration(block: 7, hints: .random, hintRatio: 0.1))
    #expect(images.guidance == GuidanceRecipe(start: .automatic, mode: .image))
    let clips = try Recipe(yaml: text("guided-clips"), path: "config.yaml")
    #expect(clips.method == .videomae)
    #expect(clips.model.masking.guide == GuideConfiguration(hints: .none))
    let unguided = try Recipe(yaml: text("unguided"), path: "config.yaml")
    #expect(unguided.method == .selfGuided)
    #expect(unguided.model.masking.guide == nil)
    #expect(unguided.guidance == nil)
    #expect(unguided.model.masking.kind == .random)
  }

  @Test func chosenValues() throws {
    let text = try text("chosen-pairs")
    let recipe = try Recipe(yaml: text, path: "config.yaml")
    #expect(recipe.data.frameGap == [2, 9])
    #expect(recipe.model.decoder?.cross?.order == .crossSelfMLP)
    #expect(recipe.run.seed == .max)
    #expect(recipe.schedule.epochs == 12.5)
    #expect(recipe.yaml == text)
  }
}
