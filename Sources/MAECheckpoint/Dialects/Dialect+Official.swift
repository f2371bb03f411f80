/// The names of the methods' own public implementations.
extension Dialect {
  private static let classifier = [
    "head.weight": "classifier", "head.bias": "classifier", "fc_norm.weight": "classifier norm",
    "fc_norm.bias": "classifier norm",
    "head.projection.weight": "classifier", "head.projection.bias": "classifier",
  ]

  /// The rules of a classifier, whose names count as ignored where a model is pretrained.
  private static let head = pair("head", "head") + pair("fc_norm", "fc_norm")

  private static func encoder(
    prefix: String = "", kernel: NameRule.PublicShape = .imageKernel, blocks: BlockNames = BlockNames()
  ) -> [NameRule] {
    [NameRule("encoder.cls_token", "\(prefix)cls_token"), NameRule("encoder.pos_embed", "\(prefix)pos_embed")]
      + pair("encoder.patch_embed.proj", "\(prefix)patch_embed.proj", weight: kernel)
      + blocks.rules("encoder.blocks", "\(prefix)blocks") + pair("encoder.norm", "\(prefix)norm")
  }

  private static let decoderEnds: [NameRule] =
    [NameRule("decoder.mask_token", "mask_token"), NameRule("decoder.pos_embed", "decoder_pos_embed")]
    + pair("decoder.embed", "decoder_embed") + pair("decoder.norm", "decoder_norm") + pair("decoder.pred", "decoder_pred")

  /// Image MAE and U-MAE (whose monitoring classifier `fc` is left out); without a decoder also timm's vision transformers.
  static let mae = Dialect(
    "official MAE", .mae, encoder() + decoderEnds + BlockNames().rules("decoder.blocks", "decoder_blocks") + head,
    ignored: classifier.merging(["fc.weight": "monitoring classifier", "fc.bias": "monitoring classifier"]) { old, _ in old })

  static let timm = Dialect("timm", .mae, isEncoderOnly: true, encoder() + head, ignored: classifier)

  static let siammae = Dialect(
    "official SiamMAE (CropMAE)", .siammae,
    encoder() + decoderEnds + AttentionNames.module("self_attn").rules("decoder.blocks.*.self_attn", below: "decoder_blocks.*.")
      + AttentionNames.module("multihead_attn").rules("decoder.blocks.*.cross_attn", below: "decoder_blocks.*.")
      + pair("decoder.blocks.*.mlp.fc1", "decoder_blocks.*.linear1")
      + pair("decoder.blocks.*.mlp.fc2", "decoder_blocks.*.linear2")
      + [1, 2, 3].flatMap { pair("decoder.blocks.*.norm\($0)", "decoder_blocks.*.norm\($0)") } + head, ignored: classifier)

  static let crossmae = Dialect(
    "official CrossMAE", .crossmae,
    encoder() + [
      NameRule("decoder.mix.weight", "wfm.linear.weight"), NameRule("decoder.mask_token", "mask_token"),
      NameRule("decoder.pos_embed", "decoder_pos_embed"),
    ] + pair("decoder.blocks.*.memory_norm", "dec_norms.*")
      + ["norm1", "norm2", "cross_attn.q", "cross_attn.kv", "cross_attn.proj", "mlp.fc1", "mlp.fc2"].flatMap {
        pair("decoder.blocks.*.\($0)", "decoder_blocks.*.\($0)")
      } + pair("decoder.norm", "decoder_norm") + pair("decoder.pred", "decoder_pred") + head, ignored: classifier)

  static let maeST: Dialect = {
    var blocks = BlockNames()
    blocks.attention = .separate(["attn.q", "attn.k", "attn.v"], output: "attn.proj")
    let tables = ["spatial", "temporal", "class"].flatMap {
      [
        NameRule("encoder.pos_embed_\($0)", "pos_embed_\($0)"),
        NameRule("decoder.pos_embed_\($0)", "decoder_pos_embed_\($0)"),
      ]
    }
    return Dialect(
      "official MAE-ST", .maeST,
      encoder(kernel: .clipKernel, blocks: blocks) + tables + decoderEnds
        + [NameRule("decoder.cls_token", "decoder_cls_token")] + blocks.rules("decoder.blocks", "decoder_blocks") + head,
      ignored: classifier)
  }()

  static let videomae: Dialect = {
    let blocks = BlockNames(attention: .jointWithoutKeyBias)
    return Dialect(
      "official VideoMAE", .videomae,
      encoder(prefix: "encoder.", kernel: .clipKernel, blocks: blocks)
        + [NameRule("decoder.embed.weight", "encoder_to_decoder.weight"), NameRule("decoder.mask_token", "mask_token")]
        + blocks.rules("decoder.blocks", "decoder.blocks") + pair("decoder.norm", "decoder.norm")
        + pair("decoder.pred", "decoder.head"))
  }()

  /// As VideoMAE's fine-tuning code saves it.
  static let videomaeEncoder = Dialect(
    "official VideoMAE classifier", .videomae, isEncoderOnly: true,
    encoder(kernel: .clipKernel, blocks: BlockNames(attention: .jointWithoutKeyBias)) + head, ignored: classifier)

  static let simmim = Dialect(
    "official SimMIM", .simmim,
    encoder(prefix: "encoder.", blocks: BlockNames(attention: .jointWithoutKeyBias, hasLayerScale: true)) + [
      NameRule("encoder.mask_token", "encoder.mask_token"),
      NameRule("encoder.rel_pos_bias.relative_position_bias_table", "encoder.rel_pos_bias.relative_position_bias_table"),
    ] + pair("decoder.pred", "decoder.0", weight: .pointwise) + head,
    ignored: classifier.merging(["encoder.rel_pos_bias.relative_position_index": "index table"]) { old, _ in old })
}
