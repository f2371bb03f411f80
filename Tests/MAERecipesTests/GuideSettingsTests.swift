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
    #expect(
      recipe.model.masking.guide == GuideConfiguration(start: .automatic, mode: .image, block: 7, hints: .random, hintRatio: 0.1))
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
    #expect(try Recipe(yaml: plain.yaml, path: "config.yaml") == plain)
    let file = try RecipeFile(
      yaml: "method: self-guided\nmodel: {masking: {guide: {start: 50, edges: shifted, cluster: inner}}}", path: "a.yaml")
    #expect(
      try Recipe.resolve(file: file).recipe.model.masking.guide
        == GuideConfiguration(start: .epoch(50), edges: .shifted, cluster: .inner))
  }

  @Test func whatTheyCannotMeanIsSaid() throws {
    for (method, changes, words) in [
      (.selfGuided, [RecipeChange(\.guideBlock, 13)], "guide-layer is 13; expected 1 to 12"),
      (.selfGuided, [RecipeChange(\.hintRatio, 1)], "hint-ratio is 1"),
      (.simmim, [RecipeChange(\.maskType, .selfGuided)], "simmim is not one"),
      (.videomae, [RecipeChange(\.maskType, .selfGuided), RecipeChange(\.guideMode, .image)], "is for stills"),
      (.selfGuided, [RecipeChange(\.guideStart, written: "soon")], "--guide-start is soon; expected an epoch as 50"),
    ] as [(MAEModels.Method, [RecipeChange], String)] {
      let error = #expect(throws: RecipeError.self) { try Recipe.resolve(method: method, changes: changes) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
    }
  }
}
