import MAECore
import MAEFoundation
import MAEModels

/// The `config.json` of a transformers model folder, as values of ours.
enum TransformersConfiguration {
  /// The model that the fields describe.
  ///
  /// - Parameter base: values that the file has no fields for (masking, mean and deviation); a preset when nil.
  static func read(
    _ object: JSONObject, base: ModelConfiguration?, file: String
  ) throws(CheckpointError) -> ModelConfiguration {
    // Classifiers of ours give every value in their notes.
    if let base, base.classifier != nil { return base }
    let fields = ConfigurationObject(object: object, file: file)
    guard let type = object["model_type"]?.text else { throw .unusable(file, "has no model_type") }
    let activation = object["hidden_act"]?.text ?? "gelu"
    guard activation == "gelu" else { throw .unusable(file, "hidden_act is \(activation); only gelu is supported") }
    guard try fields.bool("qkv_bias", true), try fields.bool("qv_bias", true) else {
      throw .unusable(file, "says that queries and values have no bias, which is not supported")
    }
    switch type {
    case "vit_mae": return try imageMAE(fields, base)
    case "videomae": return try videoMAE(fields, base)
    case "vit": return try maskedImageModelling(fields, base)
    case "pixio": return try pixio(fields, base)
    default: throw .unusable(file, "model_type is \(type); supported are vit_mae, videomae, vit and pixio")
    }
  }

  /// The method a `config.json` of the library speaks of.
  static func method(_ object: JSONObject) -> Method? {
    switch object["model_type"]?.text {
    case "vit_mae": .mae
    case "videomae": .videomae
    case "vit": .simmim
    case "pixio": .pixio
    default: nil
    }
  }

  private static func imageMAE(
    _ fields: ConfigurationObject, _ base: ModelConfiguration?
  ) throws(CheckpointError) -> ModelConfiguration {
    var model = base.flatMap { $0.method.names.library == .vitMAE ? $0 : nil } ?? Method.mae.model(.base)
    try input(fields, &model)
    try encoder(fields, &model)
    model.encoder.positions = .plane
    model.encoder.classToken = true
    let epsilon = model.encoder.blocks.normEpsilon
    let blocks = try decoderBlocks(fields, width: 512, depth: 8, heads: 16, feedForward: 2048, bias: .all, epsilon)
    model.decoder = DecoderConfiguration(
      blocks: blocks, positions: .plane, classToken: .fromEncoder, finalNormEpsilon: epsilon)
    model.masking.ratio = try fields.number("mask_ratio", 0.75, 0...1)
    model.target.normalization = try fields.bool("norm_pix_loss", false) ? .perPatch : .none
    return model
  }

  private static func videoMAE(
    _ fields: ConfigurationObject, _ base: ModelConfiguration?
  ) throws(CheckpointError) -> ModelConfiguration {
    var model = base.flatMap { $0.method.names.library == .videoMAE ? $0 : nil } ?? Method.videomae.model(.base)
    try input(fields, &model)
    model.input.frames = try fields.integer("num_frames", 16, 1...65_536)
    model.input.tubelet = try fields.integer("tubelet_size", 2, 1...4096)
    try encoder(fields, &model)
    model.encoder.blocks.attentionBias = .queryAndValue
    model.encoder.positions = .sequence
    model.encoder.classToken = false
    model.encoder.finalNorm = try !fields.bool("use_mean_pooling", true)
    let blocks = try decoderBlocks(
      fields, width: 384, depth: 4, heads: 6, feedForward: 1536, bias: .queryAndValue, model.encoder.blocks.normEpsilon)
    model.decoder = DecoderConfiguration(
      blocks: blocks, positions: .sequence, classToken: .none, embedBias: false,
      // The library builds this norm with PyTorch's default, whatever layer_norm_eps says.
      finalNormEpsilon: base?.decoder?.finalNormEpsilon ?? decoderNormEpsilon)
    model.target.normalization = try fields.bool("norm_pix_loss", true) ? .perChannel : .none
    // Only pixels of three channels are brought back to 0…1 before they are compared.
    model.target.values = model.input.channels == .rgb ? .unit : .standardised
    return model
  }

  /// Of the norm after the last decoder block of transformers' VideoMAE.
  static let decoderNormEpsilon: Float = 1e-5

  private static func maskedImageModelling(
    _ fields: ConfigurationObject, _ base: ModelConfiguration?
  ) throws(CheckpointError) -> ModelConfiguration {
    var model = base.flatMap { $0.method == .simmim ? $0 : nil } ?? Method.simmim.model(.base)
    try input(fields, &model)
    try encoder(fields, &model)
    // A classifier has no head that makes pixels: its stride is the library's default, and means nothing.
    let stride = try fields.integer("encoder_stride", 16)
    let isClassifier = fields.object["architectures"]?.array?.first?.text?.hasSuffix("ForImageClassification") == true
    guard stride == model.input.patch || isClassifier else {
      throw .unusable(
        fields.file, "encoder_stride is \(stride), patch_size \(model.input.patch); only equal values are supported")
    }
    model.encoder.positions = .learned
    model.encoder.classToken = true
    model.encoder.relativePositionBias = false
    model.decoder = nil
    return model
  }

  /// An encoder alone: the decoder is the published one.
  private static func pixio(
    _ fields: ConfigurationObject, _ base: ModelConfiguration?
  ) throws(CheckpointError) -> ModelConfiguration {
    var model = base.flatMap { $0.method == .pixio ? $0 : nil } ?? Method.pixio.model(.huge)
    try input(fields, &model, side: 256)
    let width = try fields.integer("hidden_size", 1280, 1...65_536)
    model.encoder.blocks = BlockConfiguration(
      width: width, depth: try fields.integer("num_hidden_layers", 32, 1...4096),
      heads: try fields.integer("num_attention_heads", 16, 1...65_536),
      feedForwardWidth: Int((Double(width) * (try fields.number("mlp_ratio", 4, 0...64))).rounded()),
      normEpsilon: Float(try fields.number("layer_norm_eps", 1e-6, 0...1)))
    model.encoder.classTokenCount = try fields.integer("n_cls_tokens", 8, 1...1024)
    // The library has no masking, so the folder does not say which.
    if model.input.patch <= min(model.input.size.width, model.input.size.height) { model.masking.fitUnits(to: model.grid) }
    return model
  }

  private static func input(
    _ fields: ConfigurationObject, _ model: inout ModelConfiguration, side: Int = 224
  ) throws(CheckpointError) {
    model.input.size = try fields.size("image_size", FrameSize(square: side))
    model.input.patch = try fields.integer("patch_size", 16, 1...4096)
    let channels = try fields.integer("num_channels", 3)
    guard let channels = PixelChannels(rawValue: channels) else {
      throw .unusable(fields.file, "num_channels is \(channels); supported are 1, 3 and 4")
    }
    if channels != model.input.channels {
      model.input.channels = channels
      model.input.mean = [Float](repeating: 0.5, count: channels.count)
      model.input.deviation = [Float](repeating: 0.5, count: channels.count)
    }
  }

  private static func encoder(_ fields: ConfigurationObject, _ model: inout ModelConfiguration) throws(CheckpointError) {
    let width = try fields.integer("hidden_size", 768, 1...65_536)
    model.encoder.blocks = BlockConfiguration(
      width: width,
      depth: try fields.integer("num_hidden_layers", 12, 1...4096),
      heads: try fields.integer("num_attention_heads", 12, 1...65_536),
      feedForwardWidth: try fields.integer("intermediate_size", 3072),
      normEpsilon: Float(try fields.number("layer_norm_eps", 1e-12, 0...1)))
    model.encoder.finalNorm = true
  }

  private static func decoderBlocks(
    _ fields: ConfigurationObject, width: Int, depth: Int, heads: Int, feedForward: Int, bias: AttentionBias, _ epsilon: Float
  ) throws(CheckpointError) -> BlockConfiguration {
    BlockConfiguration(
      width: try fields.integer("decoder_hidden_size", width, 1...65_536),
      depth: try fields.integer("decoder_num_hidden_layers", depth, 1...4096),
      heads: try fields.integer("decoder_num_attention_heads", heads, 1...65_536),
      feedForwardWidth: try fields.integer("decoder_intermediate_size", feedForward), attentionBias: bias, normEpsilon: epsilon)
  }
}
