import MAEFoundation
import MAEModels

extension TransformersConfiguration {
  /// Why the library cannot hold the model, one phrase; nil when it can.
  static func obstacle(_ model: ModelConfiguration) -> String? {
    let encoder = model.encoder
    if !model.input.size.isSquare { return "its input of \(model.input.size) is not square" }
    if encoder.stem == .conv { return "convolutions make its tokens (--stem conv)" }
    if encoder.relativePositionBias { return "it has a relative position bias" }
    if encoder.blocks.layerScale != nil { return "it has a learned scale on each branch (LayerScale)" }
    let library = model.method.names.library
    if let classifier = model.classifier { return obstacle(classifier, of: model) }
    switch library {
    case .vitMAE:
      guard encoder.positions == .plane || encoder.positions == .learned, encoder.classRows == 1, encoder.finalNorm,
        encoder.blocks.attentionBias == .all, model.input.tubelet == 1, model.input.frames == 1
      else { return "its encoder is not that of ViTMAE" }
    case .videoMAE:
      guard encoder.positions == .sequence, !encoder.classToken, encoder.blocks.attentionBias == .queryAndValue else {
        return "its encoder is not that of VideoMAE"
      }
    case .maskedImageModelling:
      guard encoder.positions == .learned, encoder.classRows == 1, encoder.finalNorm, encoder.blocks.attentionBias == .all,
        model.decoder == nil
      else { return "its encoder is not that of ViT" }
    case .pixio:
      guard encoder.positions == .learned, encoder.classToken, encoder.finalNorm, encoder.blocks.attentionBias == .all,
        model.input.tubelet == 1, model.input.frames == 1, encoder.blocks.feedForwardWidth % encoder.blocks.width == 0
      else { return "its encoder is not that of Pixio" }
      return nil
    case nil: return "the library has no \(model.method) model"
    }
    if let decoder = model.decoder {
      if decoder.blocks.normEpsilon != encoder.blocks.normEpsilon { return "encoder and decoder norms have different epsilons" }
      if library != .videoMAE, decoder.finalNormEpsilon != encoder.blocks.normEpsilon {
        return "the decoder's last norm has an epsilon of its own"
      }
    }
    return nil
  }

  /// Why the library's classifiers cannot hold one.
  private static func obstacle(_ classifier: ClassifierConfiguration, of model: ModelConfiguration) -> String? {
    let encoder = model.encoder
    switch model.method.names.library {
    case .videoMAE:
      guard encoder.positions == .sequence, !encoder.classToken, encoder.blocks.attentionBias == .queryAndValue else {
        return "its encoder is not that of VideoMAE"
      }
      return classifier.pooling == .mean
        ? nil : "the library's VideoMAE classifies the mean of the tokens, with a norm of its own"
    case .vitMAE, .maskedImageModelling:
      guard classifier.pooling == .classToken else {
        return "the library's ViT classifies the class token, and this model the mean of the patches"
      }
      guard [.plane, .learnedPlane, .learned].contains(encoder.positions), encoder.classRows == 1,
        encoder.blocks.attentionBias == .all, model.input.tubelet == 1, model.input.frames == 1
      else { return "its encoder is not that of ViT" }
      return nil
    case .pixio, nil: return "the library has no classifier on \(model.method)"
    }
  }

  /// Where the library computes something slightly different from the model, one sentence each.
  static func differences(_ model: ModelConfiguration) -> [String] {
    guard model.method.names.library == .videoMAE else { return [] }
    if model.classifier != nil, model.encoder.blocks.normEpsilon != decoderNormEpsilon {
      return [
        "transformers computes the norm before the classifier with an epsilon of 1e-05 where this model has "
          + "\(model.encoder.blocks.normEpsilon); logits differ by millionths."
      ]
    }
    guard let decoder = model.decoder, decoder.finalNormEpsilon != decoderNormEpsilon else { return [] }
    return [
      "transformers computes the decoder's last norm with an epsilon of 1e-05 where this model has \(decoder.finalNormEpsilon); "
        + "predictions differ slightly, features do not."
    ]
  }

  /// The library's type of model, and its classes for the whole and for the encoder.
  static func classes(_ model: ModelConfiguration) -> (type: String, architectures: (whole: String, encoder: String)) {
    let isClassifier = model.classifier != nil
    return switch model.method.names.library {
    case .videoMAE where isClassifier: ("videomae", ("VideoMAEForVideoClassification", "VideoMAEModel"))
    case _ where isClassifier: ("vit", ("ViTForImageClassification", "ViTModel"))
    case .videoMAE: ("videomae", ("VideoMAEForPreTraining", "VideoMAEModel"))
    case .maskedImageModelling: ("vit", ("ViTForMaskedImageModeling", "ViTModel"))
    case .pixio: ("pixio", ("PixioModel", "PixioModel"))
    case .vitMAE, nil: ("vit_mae", ("ViTMAEForPreTraining", "ViTMAEModel"))
    }
  }

  /// - Precondition: there is no ``obstacle(_:)``.
  static func write(_ model: ModelConfiguration, isEncoderOnly: Bool = false) -> JSONValue {
    precondition(obstacle(model) == nil)
    let (blocks, library) = (model.encoder.blocks, model.method.names.library)
    let (type, architectures) = classes(model)
    var object = JSONObject()
    object["architectures"] = [.text(isEncoderOnly ? architectures.encoder : architectures.whole)]
    object["attention_probs_dropout_prob"] = 0.0
    if library == .pixio {
      object["drop_path_rate"] = 0.0
      object["mlp_ratio"] = .integer(blocks.feedForwardWidth / blocks.width)
      object["n_cls_tokens"] = .integer(model.encoder.classRows)
    } else if let decoder = model.decoder?.blocks {
      object["decoder_hidden_size"] = .integer(decoder.width)
      object["decoder_intermediate_size"] = .integer(decoder.feedForwardWidth)
      object["decoder_num_attention_heads"] = .integer(decoder.heads)
      object["decoder_num_hidden_layers"] = .integer(decoder.depth)
    }
    if library == .maskedImageModelling, model.classifier == nil { object["encoder_stride"] = .integer(model.input.patch) }
    object["hidden_act"] = "gelu"
    object["hidden_dropout_prob"] = 0.0
    object["hidden_size"] = .integer(blocks.width)
    if let classes = model.classifier?.classes {
      var (names, numbers) = (JSONObject(), JSONObject())
      for (number, name) in classes.enumerated() {
        names["\(number)"] = .text(name)
        numbers[name] = .integer(number)
      }
      (object["id2label"], object["label2id"]) = (.object(names), .object(numbers))
    }
    object["image_size"] = .integer(model.input.size.width)
    object["initializer_range"] = 0.02
    if library != .pixio { object["intermediate_size"] = .integer(blocks.feedForwardWidth) }
    object["layer_norm_eps"] = JSONValue(blocks.normEpsilon)
    if type == "vit_mae" { object["mask_ratio"] = .number(model.masking.ratio) }
    object["model_type"] = .text(type)
    if library != .maskedImageModelling, library != .pixio, model.classifier == nil {
      object["norm_pix_loss"] = .bool(model.target.normalization != .none)
    }
    object["num_attention_heads"] = .integer(blocks.heads)
    object["num_channels"] = .integer(model.input.channels.count)
    if type == "videomae" { object["num_frames"] = .integer(model.input.frames) }
    object["num_hidden_layers"] = .integer(blocks.depth)
    object["patch_size"] = .integer(model.input.patch)
    object["qkv_bias"] = true
    object["torch_dtype"] = "float32"
    if type == "videomae" {
      object["tubelet_size"] = .integer(model.input.tubelet)
      object["use_mean_pooling"] = .bool(!model.encoder.finalNorm)
    }
    return .object(object)
  }
}
