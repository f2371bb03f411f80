extension Method {
  /// Image MAE that chooses what is hidden from it (Shin et al. 2024): 400 epochs, otherwise as MAE.
  public static let selfGuided: Method = Method(
    name: "self-guided", citation: "Shin et al. 2024, Self-Guided Masked Autoencoder",
    source: "Shin et al. 2024 (400 epochs), otherwise as MAE; how hints decay and what stored masks do with crops is ours",
    isForVideo: false,
    objective: MaskedAutoencoder.self, initialization: .mae, names: CheckpointNames(official: .mae, library: .vitMAE)
  ) { size in
    var recipe = Method.mae.recipe(size)
    recipe.model.masking.kind = .selfGuided
    recipe.model.masking.guide = GuideConfiguration()
    recipe.guidance = SelfGuidedMasking.schedule(forClips: false)
    recipe.schedule.epochs = 400
    return recipe
  }
}
