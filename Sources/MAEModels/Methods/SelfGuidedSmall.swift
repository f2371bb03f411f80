extension Method {
  /// Self-guided MAE with the choices of ours that suit small models: block outputs as relations and the inner side of the cut.
  ///
  /// Attention outputs of models that have learned for some dozens of epochs follow position more than content, and the largest
  /// entry often lies in the background; block outputs and the inner side find what differs from the background in nearly all
  /// pictures (`samples/experiments/object_side.py`).
  public static let selfGuidedSmall: Method = Method(
    name: "self-guided-small", citation: "after Shin et al. 2024, Self-Guided Masked Autoencoder, with choices of our own",
    source: "ours: block outputs and the inner side (samples/experiments), otherwise as self-guided", isForVideo: false,
    objective: MaskedAutoencoder.self, initialization: .mae, names: CheckpointNames(official: .mae, library: .vitMAE)
  ) { size in
    var recipe = Method.selfGuided.recipe(size)
    recipe.model.masking.guide = GuideConfiguration(relations: .block, object: .inner)
    return recipe
  }
}
