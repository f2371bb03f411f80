extension Method {
  /// Self-guided MAE with the choices of ours that suit small models: block outputs as relations and the inner side of the cut.
  ///
  /// Similarities of attention outputs of models that have learned for some dozens of epochs are position for three quarters, and
  /// the largest entry takes the object's side in every other picture; block outputs overlap more with what differs from the
  /// background, and the inner side is the right one in two of three pictures or more (`samples/experiments`).
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
