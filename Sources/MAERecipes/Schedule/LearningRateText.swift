import MAEModels

extension Recipe {
  /// How the peak learning rate came about, e.g. `blr 1.5e-4 × 512 / 256 = lr 3e-4`.
  public var learningRateArithmetic: String {
    let base = RecipeText.number(optimizer.baseLearningRate)
    let batch = run.accumulation > 1 ? "\(run.batchSize)·\(run.accumulation)" : "\(run.batchSize)"
    let rule = "blr \(base) × \(batch) / \(optimizer.referenceBatch)"
    guard let rate = optimizer.learningRate else {
      return "\(rule) = lr \(RecipeText.number(optimizer.peakLearningRate(effectiveBatch: effectiveBatch)))"
    }
    let byRule = RecipeText.number(optimizer.baseLearningRate * Double(effectiveBatch) / Double(optimizer.referenceBatch))
    guard usesQuickLearningRate else { return "lr \(RecipeText.number(rate)) as given (\(rule) would be \(byRule))" }
    return """
      lr \(RecipeText.number(rate)), absolute: the default of \(preset.rawValue) models with effective batches below \
      \(Recipe.quickBatchLimit) (\(rule) would be \(byRule); --blr \(base) asks for it)
      """
  }

  /// Whether the rate is the default of small models with small batches rather than the paper's rule.
  private var usesQuickLearningRate: Bool {
    (preset == .tiny || preset == .small) && effectiveBatch < Recipe.quickBatchLimit
      && optimizer.learningRate == Recipe.quickLearningRate
  }
}
