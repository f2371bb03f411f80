extension Method {
  /// CrossMAE (Fu et al. 2024): image MAE whose decoder attends the encoder's features, and predicts a quarter of the patches.
  ///
  /// The decoder has 12 blocks in every published recipe, of width 256 in the small size; tiny is ours. The rate is MAE's times
  /// the predicted share of the hidden patches, as the public script computes it: a third of it with the ratios here.
  public static let crossmae: Method = Method(
    name: "crossmae", citation: "Fu et al. 2024, Rethinking Patch Dependence for Masked Autoencoders (CrossMAE)",
    source: "Fu et al. 2024, and the public training script", isForVideo: false,
    objective: CrossMaskedAutoencoder.self, initialization: .mae, names: CheckpointNames(official: .crossmae)
  ) { size in
    var recipe = Method.mae.recipe(size)
    recipe.model.encoder.finalNorm = false
    recipe.model.decoder?.blocks.depth = size == .tiny ? 4 : 12
    recipe.model.masking.keptRatio = 0.25
    recipe.optimizer.scalesByKeptShare = true
    return recipe
  }
}
