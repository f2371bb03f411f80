import MAECore

extension Method {
  /// Pixio (Yang et al. 2025): image MAE that hides blocks of 4 × 4 patches as a whole, with eight class tokens,
  /// learned positions and a decoder of 32 blocks; pictures of 256 × 256, never mirrored.
  ///
  /// Huge is the published pretraining model of 631 million parameters; the published base and large encoders, distilled
  /// from a larger one, have the sizes here and the same decoder. Tiny and small are ours. Training is the public ImageNet
  /// script's, without its drop-path.
  public static let pixio: Method = Method(
    name: "pixio", citation: "Yang et al. 2025, In Pursuit of Pixel Supervision for Visual Pre-training (Pixio)",
    source: "the public ImageNet script of Pixio, without drop-path", isForVideo: false,
    objective: MaskedAutoencoder.self, initialization: .pixio,
    names: CheckpointNames(official: .mae, library: .pixio, prefersLibrary: false)
  ) { size in
    let decoder =
      switch size {
      case .tiny: (192, 8, 3)
      case .small: (256, 12, 8)
      case .base, .large, .huge: (512, 32, 16)
      }
    var recipe = Method.mae.recipe(size)
    recipe.model.input = InputConfiguration(size: FrameSize(square: 256))
    recipe.model.encoder.positions = .learned
    recipe.model.encoder.classTokenCount = 8
    recipe.model.decoder = DecoderConfiguration(
      blocks: BlockConfiguration(decoder), positions: .learned, classToken: .fromEncoder)
    recipe.model.masking.rounding = .visibleDownPatches(side: 4)
    recipe.data.flip = 0
    recipe.optimizer.baseLearningRate = 2.5e-5
    recipe.schedule.epochs = 400
    return recipe
  }
}

extension Initialization {
  /// As ``mae``, and learned position tables normal 0.02 (facebookresearch/pixio).
  public static let pixio = Initialization(
    linear: mae.linear, patchBias: mae.patchBias, token: mae.token, positions: .normal(deviation: 0.02))
}
