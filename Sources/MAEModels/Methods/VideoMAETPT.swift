extension Method {
  /// VideoMAE with temporal progressive training (Li et al. 2025): clips grow from 4 over 8 to 16 frames while it trains, so that
  /// the mean step costs about half of VideoMAE's.
  ///
  /// The published abstract says that clips become longer in stages and what that saves, a factor of 2 on Kinetics-400 and of 3
  /// on Something-Something V2. How long each stage lasts is ours: 40, 30 and 30 % of the steps.
  public static let videomaeTPT: Method = Method(
    name: "videomae-tpt", citation: "Li et al. 2025, Efficient VideoMAE via Temporal Progressive Training",
    source: "Li et al. 2025, for clips that grow, with stages of our own; otherwise as videomae", isForVideo: true,
    objective: MaskedAutoencoder.self, initialization: .videoMAE,
    names: CheckpointNames(official: .videomae, library: .videoMAE)
  ) { size in
    var recipe = Method.videomae.recipe(size)
    recipe.schedule.frames = [Stage(4, share: 0.4), Stage(8, share: 0.3)]
    return recipe
  }
}
