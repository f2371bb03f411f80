extension Method {
  /// VideoMAE with dual masking (Wang et al. 2023, section 3.2): the decoder is asked for half of the tokens, those that a
  /// running cell leaves; sizes and training are VideoMAE's.
  public static let videomaeV2: Method = Method(
    name: "videomae-v2", citation: "Wang et al. 2023, VideoMAE V2: Scaling Video Masked Autoencoders with Dual Masking",
    source: "Wang et al. 2023, section 3.2, for the decoder's mask; otherwise as videomae", isForVideo: true,
    objective: MaskedAutoencoder.self, initialization: .videoMAE,
    names: CheckpointNames(official: .videomae, library: .videoMAE)
  ) { size in
    var recipe = Method.videomae.recipe(size)
    recipe.model.masking.decoderRatio = 0.5
    return recipe
  }
}
