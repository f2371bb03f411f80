import MAEModels

extension Recipe {
  /// How the peak learning rate came about, e.g. `blr 1.5e-4 × 512 / 256 = lr 3e-4`; of CrossMAE
  /// `blr 1.5e-4 × 0.25/0.75 (predicted of hidden) × 512 / 256 = lr 1e-4`.
  public var learningRateArithmetic: String {
    let base = RecipeText.number(optimizer.baseLearningRate)
    let batch = run.accumulation > 1 ? "\(run.batchSize)·\(run.accumulation)" : "\(run.batchSize)"
    let (kept, ratio) = (model.masking.keptRatio ?? model.masking.ratio, model.masking.ratio)
    let share =
      rateShare == nil ? "" : "\(RecipeText.number(kept))/\(RecipeText.number(ratio)) (predicted of hidden) × "
    let rule = "blr \(base) × \(share)\(batch) / \(optimizer.referenceBatch)"
    guard let rate = optimizer.learningRate else {
      return "\(rule) = lr \(RecipeText.number(ruledLearningRate))"
    }
    let byRule = RecipeText.number(ruledLearningRate)
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
