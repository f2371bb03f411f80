extension Method {
  /// Image MAE with a uniformity term of weight 0.01 on the class token (Zhang et al. 2022; the public training script): 200
  /// epochs with 20 of warm-up.
  public static let uMAE: Method = Method(
    name: "u-mae", citation: "Zhang et al. 2022, How Mask Matters (U-MAE)",
    source: "Zhang et al. 2022, public training script (warm-up 20 epochs as its guide says)", isForVideo: false,
    objective: MaskedAutoencoder.self, initialization: .mae,
    names: CheckpointNames(official: .mae, library: .vitMAE, prefersLibrary: false)
  ) { size in
    var recipe = Method.mae.recipe(size)
    recipe.model.uniformityWeight = 0.01
    recipe.schedule.epochs = 200
    recipe.schedule.warmupEpochs = 20
    return recipe
  }
}
