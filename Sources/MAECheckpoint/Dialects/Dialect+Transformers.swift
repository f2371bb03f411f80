/// The names of the transformers library. Its layer names changed with version 5, and again between memory and files.
extension Dialect {
  private static let layer = BlockNames(
    norm1: "layernorm_before", norm2: "layernorm_after",
    attention: .separate(["query", "key", "value"].map { "attention.attention.\($0)" }, output: "attention.output.dense"),
    expand: "intermediate.dense", contract: "output.dense")

  /// In memory since version 5.
  private static let flatLayer = BlockNames(
    norm1: "layernorm_before", norm2: "layernorm_after",
    attention: .separate(["q_proj", "k_proj", "v_proj"].map { "attention.\($0)" }, output: "attention.o_proj"))

  /// Version 4 stores `q_bias` and `v_bias`, some of version 5 `query.bias` and `value.bias`.
  private static let videoLayer: BlockNames = {
    var names = layer
    names.attention.bias = [
      .named(["attention.attention.q_bias", "attention.attention.query.bias"]), .zero,
      .named(["attention.attention.v_bias", "attention.attention.value.bias"]),
    ]
    return names
  }()

  private static let heads = [
    "classifier.weight": "classifier", "classifier.bias": "classifier", "fc_norm.weight": "classifier norm",
    "fc_norm.bias": "classifier norm", "vit.pooler.dense.weight": "pooler", "vit.pooler.dense.bias": "pooler",
    "pooler.dense.weight": "pooler", "pooler.dense.bias": "pooler",
  ]

  /// The rules of a classifier, whose names count as ignored where a model is pretrained.
  private static let head = pair("head", "classifier") + pair("fc_norm", "fc_norm")

  private static func encoder(
    _ prefix: String, _ blocks: BlockNames, list: String, kernel: NameRule.PublicShape = .imageKernel
  ) -> [NameRule] {
    [
      NameRule("encoder.cls_token", "\(prefix)embeddings.cls_token"),
      NameRule("encoder.pos_embed", "\(prefix)embeddings.position_embeddings"),
    ] + pair("encoder.patch_embed.proj", "\(prefix)embeddings.patch_embeddings.projection", weight: kernel)
      + blocks.rules("encoder.blocks", prefix + list) + pair("encoder.norm", "\(prefix)layernorm")
  }

  private static func imageDecoder(_ blocks: BlockNames, list: String) -> [NameRule] {
    [
      NameRule("decoder.mask_token", "decoder.mask_token"), NameRule("decoder.pos_embed", "decoder.decoder_pos_embed"),
    ] + pair("decoder.embed", "decoder.decoder_embed") + blocks.rules("decoder.blocks", "decoder." + list)
      + pair("decoder.norm", "decoder.decoder_norm") + pair("decoder.pred", "decoder.decoder_pred")
  }

  /// What every version reads; the form that is written.
  static let transformersMAE = Dialect(
    "transformers ViTMAE", .mae,
    encoder("vit.", layer, list: "encoder.layer") + imageDecoder(layer, list: "decoder_layers") + head, ignored: heads)

  static let transformersMAEInMemory = Dialect(
    "transformers ViTMAE (version 5, as in memory)", .mae,
    encoder("vit.", flatLayer, list: "layers") + imageDecoder(flatLayer, list: "decoder_layers") + head, ignored: heads)

  static let transformersMAESaved = Dialect(
    "transformers ViTMAE (saved by version 5)", .mae,
    encoder("vit.", layer, list: "encoder.layer") + imageDecoder(layer, list: "decoder_encoder.layer"), ignored: heads)

  static let transformersEncoder = Dialect(
    "transformers ViTMAE encoder", .mae, isEncoderOnly: true, encoder("", layer, list: "encoder.layer"), ignored: heads)

  static let transformersEncoderInMemory = Dialect(
    "transformers ViTMAE encoder (version 5, as in memory)", .mae, isEncoderOnly: true, encoder("", flatLayer, list: "layers"),
    ignored: heads)

  private static let imageHead =
    [NameRule("encoder.mask_token", "vit.embeddings.mask_token")] + pair("decoder.pred", "decoder.0", weight: .pointwise)

  static let transformersMIM = Dialect(
    "transformers ViT masked image modelling", .simmim, encoder("vit.", layer, list: "encoder.layer") + imageHead + head,
    ignored: heads)

  static let transformersMIMInMemory = Dialect(
    "transformers ViT masked image modelling (version 5, as in memory)", .simmim,
    encoder("vit.", flatLayer, list: "layers") + imageHead + head, ignored: heads)

  static let transformersVideoMAE = Dialect(
    "transformers VideoMAE", .videomae,
    encoder("videomae.", videoLayer, list: "encoder.layer", kernel: .clipKernel)
      + [NameRule("decoder.embed.weight", "encoder_to_decoder.weight"), NameRule("decoder.mask_token", "mask_token")]
      + videoLayer.rules("decoder.blocks", "decoder.decoder_layers") + pair("decoder.norm", "decoder.norm")
      + pair("decoder.pred", "decoder.head") + head,
    ignored: heads)

  static let transformersVideoEncoder = Dialect(
    "transformers VideoMAE encoder", .videomae, isEncoderOnly: true,
    encoder("", videoLayer, list: "encoder.layer", kernel: .clipKernel), ignored: heads)

  private static let pixioLayer: BlockNames = {
    var names = layer
    (names.norm1, names.norm2, names.expand, names.contract) = ("norm1", "norm2", "mlp.fc1", "mlp.fc2")
    return names
  }()

  /// What version 5.0 reads and writes, and later ones read: the form that is written. In memory later versions have the names of
  /// ``transformersEncoderInMemory``.
  static let transformersPixio = Dialect(
    "transformers Pixio encoder", .pixio, isEncoderOnly: true, encoder("", pixioLayer, list: "encoder.layer"), ignored: heads)

  /// As some later versions write it.
  static let transformersPixioRenamed: Dialect = {
    var names = pixioLayer
    (names.expand, names.contract) = (layer.expand, layer.contract)
    return Dialect(
      "transformers Pixio encoder (saved by version 5.24)", .pixio, isEncoderOnly: true,
      encoder("", names, list: "encoder.layer"), ignored: heads)
  }()
}
