extension Method {
  /// Image MAE that hides and throws away what its class token attends (Liu et al. 2023): 400 epochs, otherwise as MAE.
  public static let amt: Method = Method(
    name: "amt", citation: "Liu et al. 2023, Good Helper Is around You: Attention-Driven Masked Image Modeling",
    source: "the public implementation's ratios (0.45 hidden, 0.40 thrown away), otherwise as MAE; 400 epochs are ours",
    isForVideo: false,
    objective: MaskedAutoencoder.self, initialization: .mae, names: CheckpointNames(official: .mae, library: .vitMAE)
  ) { size in
    var recipe = Method.mae.recipe(size)
    recipe.model.masking = MaskingConfiguration(kind: .attention, ratio: 0.45)
    recipe.guidance = AttentionMasking.schedule(forClips: false)
    recipe.schedule.epochs = 400
    return recipe
  }
}
