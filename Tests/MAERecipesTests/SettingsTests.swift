import Foundation
import MAECore
import MAEModels
import MAERecipes
import Testing

@Suite struct SettingsTests {
  /// A recipe in which every optional value and group is there.
  private var full: Recipe {
    var recipe = Method.siammae.recipe(.base)
    recipe.model.encoder.blocks.layerScale = 0.1
    recipe.model.encoder.classTokenCount = 2
    recipe.model.encoder.dropPath = 0.1
    recipe.model.encoder.stem = .patches
    recipe.model.input.views = ["front"]
    recipe.model.input.touch = TouchConfiguration(sensors: 1, patch: 4)
    recipe.model.input.vector = VectorInput(name: "joints", count: 6)
    recipe.model.classifier = ClassifierConfiguration(classes: ["a", "b"], pooling: .mean, trainedBlocks: 1)
    recipe.fineTuning = FineTuningRecipe()
    recipe.fineTuning?.averageDecay = 0.9
    recipe.model.decoder?.blocks.layerScale = 0.1
    recipe.model.masking.decoderRatio = 0.5
    recipe.model.masking.keptRatio = 0.5
    recipe.model.masking.masks = ["10"]
    recipe.model.masking.guide = GuideConfiguration(block: 1)
    recipe.guidance = GuidanceRecipe()
    recipe.model.target.predictedFrames = 1
    recipe.data.workers = 1
    recipe.data.cache = "/a"
    recipe.optimizer.learningRate = 1
    recipe.optimizer.clipGradient = 1
    recipe.optimizer.kind = .adamW
    recipe.optimizer.matrixRateFactor = 2
    recipe.optimizer.momentum = 0.9
    recipe.optimizer.layerDecay = 0.5
    recipe.schedule.steps = 1
    recipe.schedule.maxTime = TimeLimit(seconds: 60)
    recipe.schedule.milestones = [0.5]
    recipe.schedule.factor = 0.1
    recipe.schedule.decayShare = 0.1
    recipe.schedule.inputSizes = [Stage(FrameSize(square: 112), share: 0.5)]
    recipe.schedule.frames = [Stage(4, share: 0.5)]
    recipe.schedule.maskRatios = [Stage(0.9, share: 0.5)]
    recipe.evaluation.data = ["/a"]
    recipe.evaluation.validation = ["/a"]
    recipe.evaluation.every = 1
    recipe.evaluation.share = 0.1
    recipe.evaluation.clips = 1
    recipe.evaluation.crops = 1
    recipe.evaluation.holdout = 0.1
    recipe.evaluation.picturesEvery = 1
    recipe.evaluation.histogramsEvery = 1
    recipe.run.threads = 1
    recipe.run.precision = .bf16
    recipe.run.saveEvery = 1
    recipe.run.keep = 1
    recipe.run.extends = "/a"
    recipe.run.initialWeights = "/a"
    recipe.run.initialWeightsKey = "a"
    return recipe
  }

  /// Values by path as `Codable` sees them, which knows nothing of settings.
  private func leaves(_ recipe: Recipe) throws -> [String: String] {
    var leaves: [String: String] = [:]
    func walk(_ value: Any, _ path: String) throws {
      guard let group = value as? [String: Any], !group.isEmpty else {
        // Keys in order: a description of a list of groups has them in any.
        let data = try JSONSerialization.data(withJSONObject: [value], options: .sortedKeys)
        leaves[path] = String(decoding: data, as: UTF8.self)
        return
      }
      for (key, value) in group { try walk(value, path.isEmpty ? key.kebab : "\(path).\(key.kebab)") }
    }
    try walk(JSONSerialization.jsonObject(with: JSONEncoder().encode(recipe)), "")
    return leaves
  }

  private func contains(_ setting: any AnySetting, _ path: String) -> Bool {
    [setting.path, setting.formerly].compactMap(\.self).contains { path == $0 || path.hasPrefix($0 + ".") }
  }

  @Test("every value of a recipe is a setting") func everyValueOfARecipeIsASetting() throws {
    for path in try leaves(full).keys { #expect(Settings.all.contains { contains($0, path) }, "\(path)") }
  }

  @Test("a setting changes the value at its path and no other", arguments: Settings.all.map(\.path))
  func place(path: String) throws {
    let setting = try #require(Settings.all.first { $0.path == path })
    let before = try leaves(full)
    let texts =
      setting.choices(in: .builtIn)
      + ["7", "0.25", "true", "false", "8x16", "25%", "90s", "1,2", "8@25%", "x", "float32", "state:7"]
    let trees = texts.map { SettingTree.word($0) } + [.group([.init("hidden-up", .group([.init("unit", .word("7"))]))])]
    var recipe = full
    let tree = try #require(
      trees.first { tree in
        recipe = full
        return setting.set(tree, in: &recipe, .builtIn) && recipe != full
      }, "no value found for \(path)")
    let after = try leaves(recipe)
    let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
    #expect(!changed.isEmpty)
    for other in changed { #expect(contains(setting, other), "\(path): \(tree) changes \(other)") }
    #expect(setting.tree(in: recipe) != setting.tree(in: full))
  }

  @Test("flags and paths are different from each other") func flagsAndPathsAreDifferentFromEachOther() {
    let flags = Settings.all.compactMap(\.flag)
    #expect(Set(flags).count == flags.count)
    let paths = Settings.all.map(\.path)
    #expect(Set(paths).count == paths.count)
    for path in paths { #expect(!paths.contains { $0.hasPrefix(path + ".") }, "\(path)") }
  }

  @Test("help gives the defaults of the methods") func helpGivesTheDefaultsOfTheMethods() {
    #expect(
      Settings.shared.maskRatio.help()
        == """
        Hidden share of the tokens, with stages as --input-size (default: the paper's: 0.75 of mae, u-mae, self-guided, \
        self-guided-small, crossmae, pixio, mwm; 0.9 of videomae, mae-st, videomae-v2, videomae-tpt, mwm-multiview; 0.95 of \
        siammae, mwm-tactile; 0.6 of simmim; 0.45 of amt).
        """)
    #expect(Settings.shared.maxBad.help().hasSuffix("(default: 0.05, ours)."))
    #expect(Settings.shared.epochs.help().contains("800 of mae"))
    for setting in Settings.all { #expect(setting.help().contains("(default: "), "\(setting.path)") }
  }

  @Test("a vector is a name and a length") func vectors() throws {
    func vector(_ text: String) throws -> VectorInput? { try RecipeChange(\.vector, written: text).value(of: \.vector) }
    #expect(try vector("state:7") == VectorInput(name: "state", count: 7))
    #expect(try vector("a:b:12") == VectorInput(name: "a:b", count: 12))
    #expect(try vector("none") == nil)
    for text in ["state", "state:", ":7", "state:x", "7"] {
      let error = #expect(throws: RecipeError.self) { try vector(text) }
      #expect(error?.description.contains("--vector is \(text); expected a name and a length, as state:7") == true)
    }
    var recipe = Method.mwmTactile.recipe(.tiny)
    recipe.model.input.vector = VectorInput(name: "state", count: 7)
    recipe.model.input.touch?.sensors = 0
    let read = try Recipe.resolve(file: RecipeFile(yaml: recipe.yaml, path: "a.yaml"), changes: [])
    #expect(read.recipe.model == recipe.model && read.ignored.isEmpty)
    #expect(recipe.request.vector == recipe.model.input.vector && recipe.request.views == nil && !recipe.request.groupsByView)
    recipe.model.input.touch?.sensors = 2
    #expect(recipe.request.views == ["image", "touch1", "touch2"] && recipe.request.groupsByView)
  }

  @Test("names are guessed") func namesAreGuessed() throws {
    for (text, words) in [
      ("mae_st", nil), ("MAE-ST", nil), ("moe", "--method is moe; expected one of mae, "),
      ("vidomae", "; did you mean videomae?"),
    ] as [(String, String?)] {
      let change = RecipeChange(\.method, written: text)
      guard let words else {
        #expect(try change.value(of: \.method) == .maeST)
        continue
      }
      let error = #expect(throws: RecipeError.self) { try change.value(of: \.method) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
    #expect(throws: RecipeError(problems: ["there is no setting masking.ratoi; did you mean model.masking.ratio?"])) {
      try RecipeChange(path: "masking.ratoi", text: "0.5")
    }
    #expect(try RecipeChange(path: "encoder.blocks.depth", text: "6").value(of: \.encoderDepth) == 6)
  }
}

extension String {
  /// `feedForwardWidth` as files have it.
  fileprivate var kebab: String { reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) } }
}
