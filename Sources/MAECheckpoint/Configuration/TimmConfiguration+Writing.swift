import MAECore
import MAEFoundation
import MAEModels

extension TimmConfiguration {
  /// Why timm's vision transformer cannot hold the encoder, one phrase; nil when it can.
  static func obstacle(_ model: ModelConfiguration) -> String? {
    let encoder = model.encoder
    let takesPairs = model.sampleFrames > model.input.frames
    if model.input.tubelet != 1 || model.input.frames != 1 || model.method.isForVideo && !takesPairs {
      return "timm's vision transformer takes stills, this model clips"
    }
    if encoder.stem == .conv { return "convolutions make its tokens (--stem conv)" }
    if encoder.relativePositionBias { return "it has a relative position bias" }
    if encoder.blocks.layerScale != nil { return "it has a learned scale on each branch (LayerScale)" }
    if encoder.blocks.attentionBias != .all { return "its attention has no key bias" }
    if encoder.classRows > 1 { return "it has \(encoder.classRows) class tokens" }
    guard encoder.classToken, [.plane, .learnedPlane, .learned].contains(encoder.positions) else {
      return "timm's vision transformer has a class token and a position table"
    }
    if model.classifier?.pooling == .meanThenNorm {
      return "timm's vision transformer has a norm of its own behind the mean, and this model the encoder's"
    }
    return nil
  }

  static func write(_ model: ModelConfiguration, _ preprocessor: PreprocessorConfiguration) -> JSONValue {
    let blocks = model.encoder.blocks
    let size = ModelSize.allCases.first { $0.encoder.width == blocks.width } ?? .base
    let (height, width) = (JSONValue.integer(model.input.size.height), JSONValue.integer(model.input.size.width))
    let channels = JSONValue.integer(model.input.channels.count)
    let architecture = size == .huge ? "vit_huge_patch14_224" : "vit_\(size.rawValue)_patch16_224"
    let sizes: JSONValue = [
      "img_size": [height, width], "patch_size": .integer(model.input.patch), "in_chans": channels,
      "embed_dim": .integer(blocks.width), "depth": .integer(blocks.depth), "num_heads": .integer(blocks.heads),
      "mlp_ratio": .number(Double(blocks.feedForwardWidth) / Double(blocks.width)),
    ]
    var arguments = sizes.object!
    // A classifier of the mean has its norm behind it, which timm makes for that pooling by itself; of the two places that name
    // the pooling it reads this one.
    if model.classifier?.pooling == .mean { arguments["global_pool"] = "avg" }
    if !model.encoder.finalNorm, model.classifier == nil { arguments["final_norm"] = false }
    let classes = JSONValue.integer(model.classifier?.classes.count ?? 0)
    let configuration: JSONValue = [
      "architecture": .text(architecture),
      "num_classes": classes,
      "num_features": .integer(blocks.width),
      "global_pool": model.classifier?.pooling == .mean ? "avg" : "token",
      "model_args": .object(arguments),
      "pretrained_cfg": [
        "tag": "mae", "custom_load": false, "input_size": [channels, height, width], "fixed_input_size": true,
        "interpolation": preprocessor.filter == .bicubic ? "bicubic" : "bilinear", "crop_pct": 1.0,
        "crop_mode": .text(preprocessor.crop == nil ? "squash" : "center"),
        "mean": .array(preprocessor.mean.map { JSONValue($0) }), "std": .array(preprocessor.deviation.map { JSONValue($0) }),
        "num_classes": classes, "pool_size": .null, "first_conv": "patch_embed.proj", "classifier": "head",
      ],
    ]
    guard let names = model.classifier?.classes else { return configuration }
    var object = configuration.object!
    object["label_names"] = .array(names.map { .text($0) })
    return .object(object)
  }
}
