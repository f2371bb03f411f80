import Foundation
import MAECore
import MAEModels
import MAERecipes
import Testing

@Suite struct NamedRecipeTests {
  @Test("a preset or a method alone is the published recipe", arguments: ModelSize.allCases)
  func published(size: ModelSize) throws {
    #expect(try NamedRecipe(size.rawValue, method: .mae).recipe == Recipe.resolve(method: .mae, preset: size).recipe)
    for method in Catalogue.builtIn.methods {
      let named = try NamedRecipe("\(method):preset=\(size.rawValue)", method: .mae)
      #expect(try named.recipe == Recipe.resolve(method: method, preset: size).recipe)
      #expect(named.name == "\(method):preset=\(size.rawValue)")
    }
  }

  @Test("settings go by their flags or their places; the last of several holds")
  func settings() throws {
    let recipe = try NamedRecipe(
      "tiny:input_size=48:patch-size=8:lr=1e-3:model.encoder.blocks.depth=6:lr=2e-3", method: .mae,
      changes: [RecipeChange(\.seed, 5)]
    ).recipe
    #expect(recipe.model.input.size == FrameSize(square: 48) && recipe.model.input.patch == 8)
    #expect(recipe.optimizer.learningRate == 2e-3 && recipe.model.encoder.blocks.depth == 6 && recipe.run.seed == 5)
  }

  @Test("a file's recipe is called as the file is")
  func file() throws {
    let path = NSTemporaryDirectory() + "/mae-named-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "method: crossmae\npreset: tiny\n".write(toFile: path, atomically: true, encoding: .utf8)
    let named = try NamedRecipe("\(path):batch-size=3", method: .videomae)
    #expect(named.recipe.method == .crossmae && named.recipe.run.batchSize == 3)
    #expect(named.name.hasPrefix("mae-named-") && named.name.hasSuffix(":batch-size=3") && !named.name.contains(".yaml"))
  }

  @Test(
    "what is wrong is said",
    arguments: [
      ("tnay", "there is no 'tnay'; did you mean tiny?"), ("tiny:lr", "expected settings as lr=1e-3"),
      ("tiny:patch-szie=4", "did you mean"), ("tiny:lr=fast", "--lr is fast; expected a number"),
      ("tiny:patch-size=5", "--patch-size 5 does not divide"), ("mae:num-frames=8", "--num-frames has no effect with mae"),
    ])
  func wrong(text: String, phrase: String) {
    #expect { try NamedRecipe(text, method: .mae) } throws: { "\($0)".contains(phrase) }
  }

  @Test("every size of pictures has defaults, which are a possible recipe of tiny and of small; many pictures have none")
  func defaults() throws {
    for size in DataDefaults.sizes {
      var inputs: [Int] = []
      for side in [1, 17, 32, 33, 48, 49, 96, 129, 4000] {
        let defaults = try #require(DataDefaults(shorterSide: side, pictures: 3340))
        let recipe = try NamedRecipe(#require(defaults.recipe(for: size)), method: .mae).recipe
        #expect(recipe.method == .mae && recipe.preset == size)
        inputs.append(recipe.model.input.size.shorterSide)
      }
      #expect(inputs == inputs.sorted() && Set(inputs).count == DataDefaults.stills.count)
    }
    #expect(DataDefaults.stills.map(\.side) == DataDefaults.stills.map(\.side).sorted())
    #expect(DataDefaults(shorterSide: 32, pictures: DataDefaults.enoughFiles) == nil)
  }

  @Test("flags stand above a shorthand's values, and take the place of those that they contradict")
  func shorthands() throws {
    let defaults = try #require(DataDefaults(shorterSide: 32, pictures: 3340)?.recipe())
    func recipe(_ text: String, _ changes: [RecipeChange] = []) throws -> Recipe {
      let named = try NamedRecipe(text, method: .mae, changes: changes, shorthands: ["defaults": defaults])
      #expect(named.name == text)
      return named.recipe
    }
    let plain = try recipe("defaults")
    #expect(try plain == NamedRecipe(defaults, method: .mae).recipe && plain.optimizer.learningRate == 1e-3)
    var expected = plain
    expected.model.masking.ratio = 0.6
    #expect(try recipe("defaults:mask-ratio=0.6") == expected)
    #expect(try recipe("defaults", [RecipeChange(\.maskRatio, 0.6)]) == expected)
    let byRule = try recipe("defaults:blr=3e-4")
    #expect(byRule.optimizer.learningRate == nil && byRule.optimizer.baseLearningRate == 3e-4)
    let warmed = try recipe("defaults:warmup-epochs=7")
    #expect(warmed.schedule.warmupShare == nil && warmed.schedule.warmupEpochs == 7)
    #expect(try recipe("defaults:preset=small").preset == .small)
  }

  @Test("clips have defaults, which are a possible recipe of tiny and of small; many videos have none")
  func clips() throws {
    let defaults = try #require(DataDefaults(videos: 3))
    for size in DataDefaults.sizes {
      let recipe = try NamedRecipe(#require(defaults.recipe(for: size)), method: .videomae).recipe
      #expect(recipe.method == .videomae && recipe.preset == size && recipe.model.input.frames > 1)
      #expect(defaults.explanation(for: size).hasPrefix("those for clips; "))
    }
    #expect(defaults.explanation(for: .base).hasSuffix("tiny and small ones have values for clips"))
    #expect(DataDefaults(videos: DataDefaults.enoughFiles) == nil)
  }

  @Test("the guide's table of defaults is that of the program")
  func table() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let guide = try String(
      contentsOf: root.appendingPathComponent("Sources/MaskedAutoencoders/MaskedAutoencoders.docc/FirstRun.md"), encoding: .utf8)
    #expect(guide.contains("\n\n\(DataDefaults.markdown)\n\n"), "the table to write there:\n\(DataDefaults.markdown)")
    #expect(DataDefaults.markdown.split(separator: "\n").count == 2 + DataDefaults.stills.count + 2)
    for row in DataDefaults.stills.map(\.row) + [DataDefaults.clips, DataDefaults.common] {
      #expect(DataDefaults.markdown.contains(row.reason))
    }
  }

  @Test("a size of the model has the values that were found for it; that others have none is said, with what has")
  func sizes() throws {
    for side in [20, 64, 500] {
      let defaults = try #require(DataDefaults(shorterSide: side, pictures: 3340))
      #expect(defaults.recipe() == defaults.recipe(for: .tiny))
      for size in ModelSize.allCases {
        let text = defaults.explanation(for: size)
        if defaults.recipe(for: size) != nil {
          #expect(text.hasPrefix("those for pictures whose shorter side is \(side) pixels"))
        } else {
          #expect(![.tiny, .small].contains(size))
          #expect(text.hasPrefix("none for \(size.rawValue) models") && text.contains("tiny and small ones have values"))
        }
      }
    }
  }
}
