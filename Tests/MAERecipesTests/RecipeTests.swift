import MAECore
import MAEModels
import MAERecipes
import Testing

@Suite struct RecipeTests {
  @Test("a recipe survives the way through its file", arguments: Catalogue.builtIn.methods, ModelSize.allCases)
  func roundTrip(method: Method, preset: ModelSize) throws {
    var recipe = method.recipe(preset)
    recipe.data.inputs = ["clips", "more clips/with: colons #and hashes", "007", "yes", "a'b\"c"]
    recipe.model.input.mean = recipe.model.input.mean.map { $0 / 3 }
    recipe.optimizer.learningRate = 1.0 / 3
    recipe.optimizer.clipGradient = nil
    recipe.schedule.warmupShare = nil
    recipe.schedule.epochs = nil
    recipe.schedule.steps = 7
    recipe.run.seed = .max
    let copy = try Recipe(yaml: recipe.yaml, path: "config.yaml")
    #expect(copy == recipe)
    #expect(copy.fingerprint == recipe.fingerprint)
    #expect(recipe.differences(from: copy).isEmpty)
  }

  @Test("every published recipe is possible") func everyPublishedRecipeIsPossible() {
    for method in Catalogue.builtIn.methods {
      for preset in ModelSize.allCases { #expect(method.recipe(preset).problems == []) }
    }
  }

  @Test("flags stand above the file and the file above the preset") func flagsStandAboveTheFileAndTheFileAboveThePreset() throws {
    let file = try RecipeFile(
      yaml: """
        method: videomae
        preset: tiny
        model:
          input: {size: 112, frames: 8}
          masking: {ratio: 0.75}
        run: {batch_size: 4}
        """, path: "a.yaml")
    let recipe = try Recipe.resolve(file: file, changes: [RecipeChange(\.maskRatio, 0.8)]).recipe
    #expect(recipe.method == .videomae)
    #expect(recipe.model.encoder.blocks.width == 192)
    #expect(recipe.model.input.size == FrameSize(square: 112))
    #expect(recipe.model.input.frames == 8)
    #expect(recipe.model.masking.ratio == 0.8)
    #expect(recipe.run.batchSize == 4)
    #expect(recipe.request.sampling == .clip(frames: 8, stride: 4))
  }

  @Test("unknown keys are errors with the nearest name") func unknownKeysAreErrorsWithTheNearestName() {
    expectProblems(
      "model: {masking: {ratoi: 0.5}}", ["line 1: unknown key model.masking.ratoi; did you mean model.masking.ratio?"])
    expectProblems("mask-ratio: 0.5", ["line 1: unknown key mask-ratio; did you mean model.masking.ratio?"])
    expectProblems("run:\n  warmup_epoch: 3", ["line 2: unknown key run.warmup-epoch; did you mean schedule.warmup-epochs?"])
    expectProblems("mehtod: mae", ["line 1: unknown key mehtod; did you mean method?"])
    expectProblems(
      "run: {sed: 1}\ndata: {filp: 1}",
      ["line 1: unknown key run.sed; did you mean run.seed?", "line 2: unknown key data.filp; did you mean data.flip?"])
  }

  private func expectProblems(_ yaml: String, _ problems: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: RecipeError.self, sourceLocation: sourceLocation) { try RecipeFile(yaml: yaml, path: "a.yaml") }
    #expect(error?.problems == problems, sourceLocation: sourceLocation)
    #expect(error?.origin == .file("a.yaml"), sourceLocation: sourceLocation)
  }

  @Test("broken files are named with their line") func brokenFilesAreNamedWithTheirLine() {
    for yaml in [
      "a: [1, 2", "- a\n- b", "run: {seed: many}", "model: {encoder: {positions: sideways}}", "a: 1\na: 2", "method: moe",
    ] {
      let error = #expect(throws: RecipeError.self) {
        try Recipe.resolve(file: RecipeFile(yaml: yaml, path: "a.yaml"))
      }
      #expect(error?.description.hasPrefix("a.yaml") == true)
      #expect(error?.origin == .file("a.yaml"))
    }
    let error = #expect(throws: RecipeError.self) {
      try Recipe.resolve(file: RecipeFile(yaml: "run: {seed: many}", path: "a.yaml"))
    }
    #expect(error?.description == "a.yaml: run.seed is many; expected a whole number of at least 0")
  }

  @Test("all problems are reported at once and the file is blamed for its own")
  func allProblemsAreReportedAtOnceAndTheFileIsBlamedForItsOwn() throws {
    let patch = RecipeChange(\.patch, 15)
    let ratio = RecipeChange(\.flip, 1.2)
    let flags = #expect(throws: RecipeError.self) { try Recipe.resolve(method: .mae, changes: [patch, ratio]) }
    #expect(flags?.problems.count == 2)
    #expect(flags?.origin == .commandLine)

    let file = try RecipeFile(yaml: "model: {input: {patch: 15}}", path: "a.yaml")
    let blamed = #expect(throws: RecipeError.self) { try Recipe.resolve(method: .mae, file: file) }
    #expect(blamed?.origin == .file("a.yaml"))
    let both = #expect(throws: RecipeError.self) { try Recipe.resolve(method: .mae, file: file, changes: [ratio]) }
    #expect(both?.origin == .commandLine)
  }

  @Test("small models with small batches take an absolute rate") func smallModelsWithSmallBatchesTakeAnAbsoluteRate() throws {
    #expect(try Recipe.resolve(method: .mae, preset: .tiny).recipe.optimizer.learningRate == 1e-3)
    #expect(try Recipe.resolve(method: .mae, preset: .base).recipe.optimizer.learningRate == nil)
    let large = RecipeChange(\.batchSize, 256)
    #expect(try Recipe.resolve(method: .mae, preset: .tiny, changes: [large]).recipe.optimizer.learningRate == nil)
    let base = RecipeChange(\.baseRate, 2e-4)
    let recipe = try Recipe.resolve(method: .mae, preset: .tiny, changes: [base, RecipeChange(\.batchSize, 64)]).recipe
    #expect(recipe.optimizer.learningRate == nil)
    #expect(recipe.peakLearningRate == 2e-4 * 64 / 256)
  }

  @Test("values that follow others follow them") func valuesThatFollowOthersFollowThem() throws {
    let recipe = try Recipe.resolve(
      method: .maeST,
      changes: [
        RecipeChange(\.frames, 8), RecipeChange(\.channels, .grey), RecipeChange(\.decoderWidth, 128), RecipeChange(\.steps, 10),
        RecipeChange(\.warmupEpochs, 3), RecipeChange(\.inputSize, written: "96x160"),
      ]
    ).recipe
    #expect(recipe.model.target.predictedFrames == 4)
    #expect(recipe.model.input.mean == [0.45])
    #expect(recipe.model.decoder?.blocks.feedForwardWidth == 512)
    #expect(recipe.schedule.epochs == nil)
    #expect(recipe.schedule.warmupShare == nil)
    #expect(recipe.model.input.size == FrameSize(width: 160, height: 96))
  }

  @Test("times are read as people write them, and written as they are read")
  func times() {
    let texts = [("90s", 90), ("45m", 2700), ("8h", 28800), ("1h30m", 5400), ("2d", 172800), ("1h0m5s", 3605), ("0s", 0)]
    for (text, seconds) in texts {
      #expect(TimeLimit(text)?.seconds == seconds, "\(text)")
      #expect(TimeLimit(TimeLimit(seconds: seconds).description)?.seconds == seconds)
    }
    #expect(TimeLimit(seconds: 90).description == "1m30s" && TimeLimit(seconds: 172800).description == "48h")
    for text in ["", "90", "h", "1.5h", "-1h", "1m1h", "1h1h", "1 h", "8H", "99999999999h", "²h", "1001d"] {
      #expect(TimeLimit(text) == nil, "\(text)")
    }
    let error = #expect(throws: RecipeError.self) { try Recipe.resolve(changes: [RecipeChange(\.maxTime, written: "90")]) }
    #expect(error?.problems == ["--max-time is 90; expected a time as 90s, 45m, 8h or 1h30m, or none"])
    let zero = #expect(throws: RecipeError.self) { try Recipe.resolve(changes: [RecipeChange(\.maxTime, written: "0s")]) }
    #expect(zero?.problems == ["--max-time is 0s; expected at least 1s"])
  }

  @Test("a time alone is the length, beside another one it limits that, and what is given above takes the place of what is below")
  func lengths() throws {
    func lengths(_ changes: [RecipeChange], over yaml: String? = nil) throws -> [String?] {
      let file = try yaml.map { try RecipeFile(yaml: $0, path: "a.yaml") }
      let schedule = try Recipe.resolve(method: .mae, file: file, changes: changes).recipe.schedule
      return [schedule.epochs.map(RecipeText.number), schedule.steps.map(String.init), schedule.maxTime?.description]
    }
    let (time, steps, epochs) = (
      RecipeChange(\.maxTime, written: "2h"), RecipeChange(\.steps, 7), RecipeChange(\.epochs, written: "3")
    )
    #expect(try lengths([]) == ["800", nil, nil])
    #expect(try lengths([time]) == [nil, nil, "2h"])
    #expect(try lengths([steps, time]) == [nil, "7", "2h"])
    #expect(try lengths([time, epochs]) == ["3", nil, "2h"])
    let stored = "schedule: {epochs: 800, max-time: 1h}"
    #expect(try lengths([], over: stored) == ["800", nil, "1h"])
    #expect(try lengths([time], over: stored) == [nil, nil, "2h"])
    #expect(try lengths([steps], over: stored) == [nil, "7", nil])
    #expect(try lengths([epochs], over: "schedule: {epochs: null, max-time: 1h}") == ["3", nil, nil])
    var recipe = MAEModels.Method.mae.recipe(.tiny)
    recipe.schedule.epochs = nil
    #expect(recipe.problems == ["--steps, --epochs or --max-time is needed; none is given"])
    recipe.schedule.maxTime = TimeLimit("1h30m")
    #expect(recipe.problems == [])
    #expect(try Recipe(yaml: recipe.yaml, path: "config.yaml") == recipe)
  }

  @Test("a whole file and another preset contradict") func aWholeFileAndAnotherPresetContradict() throws {
    let file = try RecipeFile(yaml: MAEModels.Method.mae.recipe(.tiny).yaml, path: "config.yaml")
    #expect(throws: RecipeError.self) { try Recipe.resolve(preset: .base, file: file) }
    #expect(throws: RecipeError.self) { try Recipe.resolve(method: .videomae, file: file) }
    #expect(try Recipe.resolve(method: .mae, preset: .tiny, file: file).recipe == MAEModels.Method.mae.recipe(.tiny))
  }

  @Test("free settings do not make another run") func freeSettingsDoNotMakeAnotherRun() {
    let recipe = MAEModels.Method.mae.recipe(.tiny)
    var other = recipe
    other.run.threads = 7
    other.data.workers = 3
    #expect(other.fingerprint == recipe.fingerprint)
    #expect(other.differences(from: recipe).isEmpty)
    other.run.seed = 1
    #expect(other.fingerprint != recipe.fingerprint)
    #expect(other.differences(from: recipe).map(\.path) == ["run.seed"])
  }

  @Test("another precision makes another run; the usual one said aloud does not") func anotherPrecisionMakesAnotherRun() throws {
    let recipe = try Recipe.resolve(method: .mae, preset: .tiny).recipe
    func precision(_ text: String) throws -> Recipe {
      try Recipe.resolve(method: .mae, preset: .tiny, changes: [RecipeChange(path: "run.precision", text: text)]).recipe
    }
    #expect(try precision("float32") == recipe)
    let other = try precision("bf16")
    #expect(other.run.precision == .bf16 && other.fingerprint != recipe.fingerprint)
    #expect(other.differences(from: recipe).map(\.description) == ["--precision is bf16, there not set"])
    #expect(try Recipe(yaml: other.yaml, path: "config.yaml") == other)
  }

  @Test("numbers are short") func numbersAreShort() {
    #expect(RecipeText.number(1.5e-4) == "1.5e-4")
    #expect(RecipeText.number(0.001) == "0.001")
    #expect(RecipeText.number(300) == "300")
    #expect(RecipeText.number(0.75) == "0.75")
    #expect(RecipeText.number(4.69e-6) == "4.69e-6")
    #expect(RecipeText.number(0) == "0")
    #expect(RecipeText.number(2.5e20) == "2.5e20")
  }

  @Test(
    "numbers of any size have a text, and those that are none",
    arguments: [(.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan")] as [(Double, String)])
  func withoutEnd(value: Double, text: String) {
    #expect(RecipeText.number(value) == text)
    #expect(RecipeText.percent(value) == text + "%")
    #expect(!RecipeText.percent(1e300).isEmpty)
  }

  @Test(
    "lengths and rates beyond all measure are one sentence each",
    arguments: [
      ("schedule.epochs", "1e20", "--epochs is 1e+20; expected above 0 and at most 1000000000"),
      ("schedule.epochs", "inf", "--epochs is inf; expected above 0 and at most 1000000000"),
      ("schedule.warmup-epochs", "1e20", "--warmup-epochs is 1e+20; expected 0 to 1000000000"),
      ("schedule.warmup-epochs", "inf", "--warmup-epochs is inf; expected 0 to 1000000000"),
      ("schedule.minimum-learning-rate", "inf", "--min-lr is inf; expected a finite number of at least 0"),
    ])
  func beyondMeasure(path: String, text: String, sentence: String) {
    let error = #expect(throws: RecipeError.self) {
      try Recipe.resolve(method: .mae, changes: [RecipeChange(path: path, text: text)])
    }
    #expect(error?.problems == [sentence])
  }
}
