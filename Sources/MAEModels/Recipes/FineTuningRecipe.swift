/// How labelled samples are altered while a classifier learns from them, and what is kept of its weights.
public struct FineTuningRecipe: Codable, Hashable, Sendable {
  /// Share of every target that is spread over all classes (Szegedy et al. 2016).
  public var labelSmoothing = 0.1
  /// Parameter α of the Beta(α, α) distribution of mixup's shares (Zhang et al. 2018); 0 = no mixup.
  public var mixup = 0.8
  /// Parameter α of the Beta(α, α) distribution of cutmix's shares (Yun et al. 2019); 0 = no cutmix. With both, each is drawn for
  /// half of the batches.
  public var cutmix = 1.0
  /// Probability that a sample gets a box of noise (Zhong et al. 2020).
  public var erasing = 0.25
  /// Operations of RandAugment for each sample, each done with probability one half (Cubuk et al. 2020); 0 = none.
  public var augmentations = 2
  /// How far RandAugment's operations go, 0 to 10.
  public var magnitude = 9.0
  /// Share of the running mean of the weights that stays at each step; that mean is then what is judged and saved. Nil = the
  /// weights themselves are.
  public var averageDecay: Double?

  /// The public recipe of MAE's base model.
  public init() {}

  /// Nothing is altered and targets are the labels.
  public static var plain: FineTuningRecipe {
    var recipe = FineTuningRecipe()
    (recipe.labelSmoothing, recipe.mixup, recipe.cutmix, recipe.erasing, recipe.augmentations) = (0, 0, 0, 0, 0)
    return recipe
  }
}
