import MAEModels
import MAERecipes
import Testing

@Suite struct GuideSettingsTests {
  @Test func flagsReachTheGuide() throws {
    let recipe = try Recipe.resolve(
      method: .selfGuided, preset: .tiny,
      changes: [
        RecipeChange(\.guideStart, written: "auto"), RecipeChange(\.guideMode, .image), RecipeChange(\.guideBlock, 7),
        RecipeChange(\.hints, .random), RecipeChange(\.hintRatio, 0.1),
      ]
    ).recipe
    #expect(recipe.model.masking.guide == GuideConfiguration(block: 7, hints: .random, hintRatio: 0.1))
    #expect(recipe.guidance == GuidanceRecipe(start: .automatic, mode: .image))
    #expect(try Recipe(yaml: recipe.yaml, path: "config.yaml") == recipe)
  }

  @Test func theMaskingDecidesWhetherThereIsAGuide() throws {
    // Clips: VideoMAE's training with other masks. The order of flags does not matter.
    let clips = try Recipe.resolve(
      method: .videomae, preset: .tiny, changes: [RecipeChange(\.hints, HintKind.none), RecipeChange(\.maskType, .selfGuided)]
    ).recipe
    #expect(clips.model.masking.guide == GuideConfiguration(hints: .none))
    #expect(try Recipe(yaml: clips.yaml, path: "config.yaml") == clips)
    let plain = try Recipe.resolve(method: .selfGuided, changes: [RecipeChange(\.maskType, .random)]).recipe
    #expect(plain.model.masking.guide == nil)
    #expect(plain.guidance == nil)
    #expect(try Recipe(yaml: plain.yaml, path: "config.yaml") == plain)
    let file = try RecipeFile(
      yaml: "method: self-guided\nmodel: {masking: {guide: {start: 50, edges: shifted, cluster: inner}}}", path: "a.yaml")
    let old = try Recipe.resolve(file: file).recipe
    #expect(old.model.masking.guide == GuideConfiguration(edges: .shifted, cluster: .inner))
    #expect(old.guidance == GuidanceRecipe(start: .epoch(50)))
  }

  @Test func whatTheyCannotMeanIsSaid() throws {
    for (method, changes, words) in [
      (.selfGuided, [RecipeChange(\.guideBlock, 13)], "guide-layer is 13; expected 1 to 12"),
      (.selfGuided, [RecipeChange(\.hintRatio, 1)], "hint-ratio is 1"),
      (.simmim, [RecipeChange(\.maskType, .selfGuided)], "simmim is not one"),
      (.videomae, [RecipeChange(\.maskType, .selfGuided), RecipeChange(\.guideMode, .image)], "is for stills"),
      (.selfGuided, [RecipeChange(\.guideStart, written: "soon")], "--guide-start is soon; expected an epoch as 50"),
      (.selfGuided, [RecipeChange(\.guideStart, written: "101%")], "--guide-start is 101%; expected an epoch of at least 0"),
    ] as [(MAEModels.Method, [RecipeChange], String)] {
      let error = #expect(throws: RecipeError.self) { try Recipe.resolve(method: method, changes: changes) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
    }
  }
}
