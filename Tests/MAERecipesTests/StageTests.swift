import MAECore
import MAEModels
import MAERecipes
import Testing

/// Settings with several values, each for a share of the run.
@Suite struct StageTests {
  private func resolve(_ method: MAEModels.Method, _ flags: (path: String, text: String)...) throws -> Recipe {
    try Recipe.resolve(method: method, preset: .tiny, changes: flags.map { try RecipeChange(path: $0.path, text: $0.text) })
      .recipe
  }

  @Test(
    "stages are read, written and read again",
    arguments: [
      ("112@50%,224", "112@50%", 224), ("112@0.5,224", "112@50%", 224),
      ("64@12.5%, 112@33.3333%, 224", "64@12.5%,112@33.3333%", 224),
      ("64x96@0.0001%,224", "64x96@0.0001%", 224), ("224", nil, 224),
    ] as [(String, String?, Int)])
  func sizes(text: String, stages: String?, side: Int) throws {
    let recipe = try resolve(.mae, ("model.input.size", text))
    #expect(recipe.model.input.size == FrameSize(square: side))
    #expect(Settings.shared.inputSizes.text(in: recipe) == stages)
    let again = try Recipe(yaml: recipe.yaml, path: "config.yaml")
    #expect(again == recipe && again.fingerprint == recipe.fingerprint)
    let plain = try resolve(.mae, ("model.input.size", "\(side)"))
    #expect((recipe.fingerprint == plain.fingerprint) == (stages == nil))
    // A single value takes the place of stages that stand below it, as in a file.
    var changed = recipe
    try changed.apply([RecipeChange(path: "model.input.size", text: "96")])
    #expect(changed.schedule.inputSizes == nil && changed.phases.count == 1)
  }

  @Test("files take them as text and as lists", arguments: ["112@50%,224", "[112@50%, 224]", "'112@50%, 224'"])
  func files(text: String) throws {
    let file = try RecipeFile(yaml: "method: mae\nmodel:\n  input:\n    size: \(text)\n", path: "a.yaml")
    let recipe = try Recipe.resolve(preset: .tiny, file: file).recipe
    #expect(recipe.schedule.inputSizes == [Stage(FrameSize(square: 112), share: 0.5)])
    #expect(recipe.model.input.size == FrameSize(square: 224))
  }

  @Test("phases begin where any of the stages ends, and each has the values of its moment") func phases() throws {
    let recipe = try resolve(
      .videomae, ("model.input.size", "64@10%,128@20%,192"), ("model.input.frames", "4@30%,8"),
      ("model.masking.ratio", "0.9@75%,0.8"))
    let phases = recipe.phases
    // A tenth and a fifth meet three tenths.
    #expect(phases.map(\.start) == [0, 0.1, 0.3, 0.75])
    #expect(phases.map(\.recipe.model.input.size.width) == [64, 128, 192, 192])
    #expect(phases.map(\.recipe.model.input.frames) == [4, 4, 8, 8])
    #expect(phases.map(\.recipe.model.masking.ratio) == [0.9, 0.9, 0.9, 0.8])
    for phase in phases {
      #expect(phase.recipe.phases.count == 1 && phase.recipe.problems.isEmpty)
      #expect(phase.recipe.request.size == phase.recipe.model.input.size)
      #expect(phase.recipe.request.sampling.frameCount == phase.recipe.model.input.frames)
    }
    #expect(phases.last?.recipe.model == recipe.model)
  }

  @Test("the head predicts as many frames of each token in all phases") func heads() throws {
    let recipe = try resolve(.maeST, ("model.input.frames", "4@25%,8@25%,16"))
    #expect(recipe.phases.map(\.recipe.model.target.predictedFrames) == [2, 4, 8])
    #expect(Set(recipe.phases.map(\.recipe.model.predictionWidth)).count == 1)
  }

  @Test("clips of temporal progressive training grow, unless somebody says how long they are") func temporal() throws {
    let recipe = try resolve(.videomaeTPT)
    #expect(recipe.phases.map(\.recipe.model.input.frames) == [4, 8, 16])
    var model = MAEModels.Method.videomae.model(.tiny)
    model.method = .videomaeTPT
    #expect(recipe.model == model)
    #expect(try resolve(.videomaeTPT, ("model.input.frames", "16")).phases.count == 1)
    let plain = try resolve(.videomaeTPT, ("model.input.frames", "8"))
    #expect(try Recipe(yaml: plain.yaml, path: "config.yaml") == plain)
  }

  @Test(
    "what cannot be is refused with a sentence",
    arguments: [
      (.mae, "model.input.size", "100@50%,224", "--patch-size 16 does not divide --input-size 100"),
      (.mae, "model.input.size", "112@50%", "--input-size is 112@50%; expected pixels"),
      (.mae, "model.input.size", "112,224", "--input-size is 112; expected a list"),
      (.mae, "model.input.size", "112@half,224", "--input-size is 112@half; expected a list"),
      (.mae, "model.input.size", "112@0%,224", "expected shares above 0%"),
      (
        .mae, "model.input.size", "112@60%,160@40%,224", "expected shares above 0% that leave a part of the run to the last value"
      ),
      (.mae, "model.masking.ratio", "1.5@50%,0.75", "--mask-ratio is 1.5"),
      (.mae, "model.masking.ratio", "0.999@50%,0.75", "leaves"),
      (.videomae, "model.input.frames", "5@50%,16", "--tubelet-size 2 does not divide --num-frames 5"),
      (.selfGuided, "model.input.size", "112@50%,224", "are for masks that need no guide"),
    ] as [(MAEModels.Method, String, String, String)])
  func impossible(method: MAEModels.Method, path: String, text: String, words: String) throws {
    let error = #expect(throws: RecipeError.self) { try resolve(method, (path, text)) }
    #expect(error?.problems.count == 1 && error?.description.contains(words) == true, "\(error as Any)")
  }

  @Test("a table that belongs to one grid, and is none of positions, has no stages") func relative() throws {
    let bias = ("model.encoder.relative-position-bias", "true")
    let attention = ("model.encoder.blocks.attention-bias", "queryAndValue")
    let error = #expect(throws: RecipeError.self) { try resolve(.simmim, bias, attention, ("model.input.size", "112@50%,224")) }
    #expect(error?.description.contains("relative_position_bias_table belongs to one input size") == true, "\(error as Any)")
    // Masks may change on the same grid.
    #expect(try resolve(.simmim, bias, attention, ("model.masking.ratio", "0.8@50%,0.6")).phases.count == 2)
  }

  @Test("stills have no stages of frames") func ignored() throws {
    let resolved = try Recipe.resolve(
      method: .mae, preset: .tiny, changes: [RecipeChange(path: "model.input.frames", text: "4@50%,8")])
    #expect(resolved.ignored.map(\.path) == ["model.input.frames"])
  }
}
