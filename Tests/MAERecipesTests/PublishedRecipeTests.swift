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
    "crossmae-large-in1k": (4096, 800, 8e-4),
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
    let rate =
      recipe.optimizer.learningRate
      ?? recipe.optimizer.baseLearningRate * Double(recipe.effectiveBatch) / Double(recipe.optimizer.referenceBatch)
    #expect(abs(rate / expected.rate - 1) < 0.01, "\(rate)")
    #expect(!found.source.isEmpty)
  }

  @Test("settings behind a paper's recipe stand above it")
  func changes() throws {
    #expect(PublishedRecipe.all.count == Self.published.count)
    let recipe = try NamedRecipe("mae_base_in1k:batch-size=8:steps=10", method: .videomae).recipe
    #expect(recipe.run.batchSize == 8 && recipe.schedule.steps == 10 && recipe.schedule.epochs == nil)
    #expect(PublishedRecipe.named("mae-base") == nil)
  }
}
