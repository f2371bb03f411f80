import MAECore
import MAEModels

/// `case.json`: sizes and flags of a reference case; those with a transformers folder give few of them here.
struct CaseDescription: Decodable {
  struct Optimizer: Decodable {
    var lr: Double
    var betas: [Double]
    var eps: Double
    var weight_decay: Double
    var no_decay: [String]
  }

  var method: String
  var steps: Int
  var optimizer: Optimizer
  var image_size: Int?
  var patch_size: Int?
  var num_channels: Int?
  var in_chans: Int?
  var num_frames: Int?
  var tubelet_size: Int?
  var t_patch_size: Int?
  var pred_t_dim: Int?
  var embed_dim: Int?
  var depth: Int?
  var num_heads: Int?
  var decoder_embed_dim: Int?
  var decoder_depth: Int?
  var decoder_num_heads: Int?
  var decoder_mlp_dim: Int?
  var mlp_ratio: Double?
  var mask_ratio: Double?
  var norm_pix_loss: Bool?
  var sep_pos_embed: Bool?
  var cls_embed: Bool?
  var layer_norm_eps: Float?
  var lamb: Double?

  /// The model of an official repository with these sizes.
  func configuration(_ method: Method) -> ModelConfiguration {
    var model = ModelConfiguration.preset(method, .base)
    let ratio = mlp_ratio ?? 4
    func blocks(_ base: BlockConfiguration, _ width: Int?, _ depth: Int?, _ heads: Int?) -> BlockConfiguration {
      var blocks = base
      blocks.width = width ?? base.width
      blocks.depth = depth ?? base.depth
      blocks.heads = heads ?? base.heads
      blocks.feedForwardWidth = Int(Double(blocks.width) * ratio)
      blocks.normEpsilon = layer_norm_eps ?? base.normEpsilon
      return blocks
    }
    if let image_size { model.input.size = FrameSize(square: image_size) }
    if let patch_size { model.input.patch = patch_size }
    if let channels = num_channels ?? in_chans { model.input.channels = PixelChannels(rawValue: channels)! }
    if let num_frames { model.input.frames = num_frames }
    if let tubelet = tubelet_size ?? t_patch_size { model.input.tubelet = tubelet }
    model.encoder.blocks = blocks(model.encoder.blocks, embed_dim, depth, num_heads)
    if var decoder = model.decoder {
      decoder.blocks = blocks(decoder.blocks, decoder_embed_dim, decoder_depth, decoder_num_heads)
      if let decoder_mlp_dim { decoder.blocks.feedForwardWidth = decoder_mlp_dim }
      decoder.finalNormEpsilon = layer_norm_eps ?? decoder.finalNormEpsilon
      if sep_pos_embed == false { decoder.positions = .learned }
      if cls_embed == false { decoder.classToken = .none }
      model.decoder = decoder
    }
    if sep_pos_embed == false { model.encoder.positions = .learned }
    if cls_embed == false { model.encoder.classToken = false }
    if let mask_ratio { model.masking.ratio = mask_ratio }
    if norm_pix_loss == false { model.target.normalization = .none }
    if method == .maeST { model.target.predictedFrames = pred_t_dim }
    if let lamb { model.uniformityWeight = lamb }
    return model
  }
}
