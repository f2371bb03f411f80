import MAEModels
import MAERecipes
import Testing

@Suite struct PublishedRecipeTests {
  /// Effective batch, epochs or steps, and the peak rate, as papers and scripts have them.
  private static let published: [String: (batch: Int, epochs: Double?, rate: Double)] = [
    "mae-base-in1k": (4096, 800, 2.4e-3), "mae-large-in1k": (4096, 800, 2.4e-3), "mae-huge-in1k": (4096, 800, 2.4e-3),
    "videomae-small-k400": (1024, 1601, 6e-4), "videomae-base-k400": (2048, 1601, 1.2e-3),
    "videomae-large-k400": (512, 1601, 3e-4), "videomae-huge-k400": (1024, 1601, 6e-4),
    "videomae-small-ssv2": (1024, 2401, 6e-4), "videomae-base-ssv2": (2048, 2401, 1.2e-3),
    "videomae-base-ucf101": (192, 3201, 2.25e-4), "mae-st-large-k400": (2048, 100, 3.2e-3),
    "mae-st-huge-k400": (2048, 100, 3.2e-3), "siammae-small-k400": (2048, 2000, 1.2e-3),
    "simmim-base-in1k": (2048, 800, 4e-4), "u-mae-base-in1k": (1024, 200, 6e-4), "self-guided-base-in1k": (4096, 400, 2.4e-3),
    "pixio-huge-in1k": (8192, nil, 8e-4), "crossmae-small-in1k": (4096, 800, 8e-4), "crossmae-base-in1k": (4096, 800, 8e-4),
    "crossmae-large-in1k": (4096, 800, 8e-4), "crossmae-huge-in1k": (4096, 800, 8e-4),
    "crossmae-base-in1k-448": (4096, 400, 8e-4), "amt-base-in1k": (4096, 400, 2.4e-3),
    "mwm-base-prefill": (1024, nil, 3e-4), "mwm-multiview-base-rlbench": (256, nil, 3e-4),
  ]

  @Test("recipes of papers have their batches, lengths and rates", arguments: PublishedRecipe.all.map(\.name))
  func values(name: String) throws {
    let found = try #require(PublishedRecipe.named(name))
    let expected = try #require(Self.published[name])
    let named = try NamedRecipe(name, method: .videomae)
    let recipe = named.recipe
    #expect(
      named.name == name && recipe.method == found.method && name.hasPrefix(recipe.method.name + "-" + recipe.preset.rawValue))
    #expect(recipe.effectiveBatch == expected.batch && recipe.schedule.epochs == expected.epochs)
    #expect(recipe.schedule.maxTime == nil)
    #expect(abs(recipe.peakLearningRate / expected.rate - 1) < 0.01, "\(recipe.peakLearningRate)")
    #expect(!found.source.isEmpty)
  }

  @Test("settings behind a paper's recipe stand above it")
  func changes() throws {
    #expect(PublishedRecipe.all.count == Self.published.count)
    let recipe = try NamedRecipe("mae_base_in1k:batch-size=8:steps=10", method: .videomae).recipe
    #expect(recipe.run.batchSize == 8 && recipe.schedule.steps == 10 && recipe.schedule.epochs == nil)
    #expect(PublishedRecipe.named("mae-base") == nil)
    // One length takes the place of another, before the colon as in a flag.
    let forms: [(text: String, changes: [RecipeChange])] = [
      ("pixio-huge-in1k:epochs=5", []), ("pixio-huge-in1k", [RecipeChange(\.epochs, 5)]),
    ]
    for (text, changes) in forms {
      let schedule = try NamedRecipe(text, method: .mae, changes: changes).recipe.schedule
      #expect(schedule.epochs == 5 && schedule.steps == nil)
    }
  }

  @Test("methods without a recipe are ours, or no length and batch of theirs is known")
  func coverage() {
    let methods = Set(Catalogue.builtIn.methods.map(\.name)).subtracting(PublishedRecipe.all.compactMap(\.method?.name))
    #expect(methods == ["self-guided-small", "videomae-v2", "videomae-tpt", "mwm-tactile"])
    #expect(Set(PublishedRecipe.all.map(\.name)).count == PublishedRecipe.all.count)
  }

  @Test("the share that crossmae predicts changes its published rate, and updates of world models are those of their code")
  func shares() throws {
    let all = try NamedRecipe("crossmae-base-in1k:kept-mask-ratio=0.75", method: .mae).recipe
    #expect(abs(all.peakLearningRate / 2.4e-3 - 1) < 1e-9)
    let known: [(name: String, steps: Int, warmup: Int)] = [
      ("mwm-base-prefill", 5001, 2500), ("mwm-multiview-base-rlbench", 10_000, 2500),
    ]
    for (name, steps, warmup) in known {
      let recipe = try NamedRecipe(name, method: .mae).recipe
      #expect(recipe.schedule.steps == steps && recipe.schedule.warmupSteps == warmup, "\(name)")
      #expect(recipe.optimizer.kind == .adam && recipe.optimizer.weightDecay == 1e-6 && recipe.optimizer.clipGradient == 100)
    }
    let wide = try NamedRecipe("crossmae-base-in1k-448", method: .mae).recipe
    #expect(wide.model.grid.count == 28 * 28)
  }

  @Test(
    "a mistyped name gets the nearest size or recipe, and where all of them are listed",
    arguments: [
      ("tinny", "did you mean tiny?"), ("mae-base-in2k", "did you mean mae-base-in1k?"), ("bsae", "did you mean base?"),
      ("videomae-base-k40", "did you mean videomae-base-k400?"),
      ("zzzzzz", "mae pretrain --help lists all \(PublishedRecipe.all.count))"),
    ])
  func mistyped(name: String, phrase: String) {
    let text = PublishedRecipe.expected(for: name)
    #expect(text.hasSuffix(phrase) && text.contains("mae pretrain --help lists all") && text.contains("tiny, small, base"))
  }
}
