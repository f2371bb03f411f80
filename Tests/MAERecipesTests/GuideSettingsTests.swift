import MAEModels
import MAERecipes
import Testing

@Suite struct GuideSettingsTests {
  @Test("flags reach the guide") func flagsReachTheGuide() throws {
    let recipe = try Recipe.resolve(
      method: .selfGuided, preset: .tiny,
      changes: [
        RecipeChange(\.guideStart, written: "auto"), RecipeChange(\.guideMode, .frozen), RecipeChange(\.guideBlock, 7),
        RecipeChange(\.hints, .score), RecipeChange(\.hintRatio, 0.1), RecipeChange(\.guideRelations, .block),
        RecipeChange(\.guideObject, .inner),
      ]
    ).recipe
    #expect(
      recipe.model.masking.guide
        == GuideConfiguration(block: 7, relations: .block, object: .inner, hints: .score, hintRatio: 0.1))
    #expect(recipe.guidance == GuidanceRecipe(start: .automatic, mode: .frozen))
    #expect(try Recipe(yaml: recipe.yaml, path: "config.yaml") == recipe)
  }

  @Test("the paper's choices are the defaults")
  func published() throws {
    let recipe = try Recipe.resolve(method: .selfGuided).recipe
    let guide = try #require(recipe.model.masking.guide)
    #expect(guide.block(in: recipe.model) == 11 && guide.stack == .encoder && guide.relations == .attention)
    #expect(guide.edges == .similarity && guide.object == .largestEntry && guide.target == .object)
    #expect(guide.hints == .random && guide.hintRatio == 0.05 && recipe.model.masking.ratio == 0.75)
    #expect(recipe.guidance == GuidanceRecipe(start: .automatic, mode: .image, renewal: 1))
  }

  @Test("the masking decides whether there is a guide") func theMaskingDecidesWhetherThereIsAGuide() throws {
    // Clips: VideoMAE's training with other masks. The order of flags does not matter.
    let clips = try Recipe.resolve(
      method: .videomae, preset: .tiny, changes: [RecipeChange(\.hints, HintKind.none), RecipeChange(\.maskType, .selfGuided)]
    ).recipe
    #expect(clips.model.masking.guide == GuideConfiguration(hints: .none))
    // What is where changes from clip to clip.
    #expect(clips.guidance == GuidanceRecipe(start: .automatic, mode: .step))
    #expect(try Recipe(yaml: clips.yaml, path: "config.yaml") == clips)
    let plain = try Recipe.resolve(method: .selfGuided, changes: [RecipeChange(\.maskType, .random)]).recipe
    #expect(plain.model.masking.guide == nil)
    #expect(plain.guidance == nil)
    #expect(try Recipe(yaml: plain.yaml, path: "config.yaml") == plain)
    let file = try RecipeFile(
      yaml: "method: self-guided\nmodel: {masking: {guide: {start: 50, edges: binary, object: inner}}}", path: "a.yaml")
    let old = try Recipe.resolve(file: file).recipe
    #expect(old.model.masking.guide == GuideConfiguration(edges: .binary, object: .inner))
    #expect(old.guidance == GuidanceRecipe(start: .epoch(50)))
    // Attention-driven masking has a schedule of its own and no guide.
    let attention = try Recipe.resolve(
      method: .selfGuided, changes: [RecipeChange(\.maskType, .attention), RecipeChange(\.maskRatio, 0.4)]
    ).recipe
    #expect(attention.model.masking.guide == nil)
    #expect(attention.guidance == GuidanceRecipe(start: .share(0.1), mode: .image, renewal: 0.1))
    #expect(try Recipe(yaml: attention.yaml, path: "config.yaml") == attention)
  }

  @Test("settings that are gone are named in one sentence")
  func gone() throws {
    let error = #expect(throws: RecipeError.self) {
      try RecipeFile(
        yaml: "method: self-guided\nmodel: {masking: {guide: {cluster: inner, threshold: 0.2, hints: none}}}", path: "a.yaml")
    }
    #expect(error?.problems.count == 1 && error?.isOutdated == true && error?.kind == .configuration)
    #expect(error?.description.contains("(cluster, threshold)") == true, "\(error?.description ?? "")")
  }

  @Test("what settings cannot mean is said") func whatTheyCannotMeanIsSaid() throws {
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
