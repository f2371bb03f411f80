import MAEModels

/// The backbone of ViTDet in detectron2 (`detectron2/modeling/backbone/vit.py`; Li et al. 2022): names below `backbone.net`,
/// positions of the patches alone, no class token.
public struct ViTDetExport: ExportTarget {
  /// As `mae export --format` takes it.
  public let name = "vitdet"
  /// What is written.
  public let title = "a backbone for ViTDet in detectron2, positions without the class token's"
  /// None: the file is for detectron2's own scripts.
  public let library: String? = nil
  /// Encoders only.
  public func hasDecoder(of model: ModelConfiguration) -> Bool { false }

  /// There is nothing to choose.
  public init() {}

  /// Clips, inputs that are not square, and parts that the backbone lacks.
  public func obstacle(for model: ModelConfiguration) -> String? { DenseBackbone.obstacle(model, "ViTDet") }

  /// That the class token is left out, to which patches attended in pretraining.
  public func differences(of model: ModelConfiguration) -> [String] {
    model.encoder.classToken
      ? ["ViTDet has no class token: the patches no longer attend to it, and features differ until it is fine-tuned."] : []
  }

  /// `checkpoint.pth`.
  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    let encoder = try DenseBackbone.weights(of: checkpoint, in: folder)
    var state = StateDictionary()
    for (name, tensor) in encoder where name != "cls_token" {
      state["backbone.net.\(name)"] =
        name == "pos_embed"
        ? DenseBackbone.positions(tensor, withoutRows: checkpoint.configuration.encoder.classRows) : tensor
    }
    try TorchFileWriter.write(state, to: join(folder, "checkpoint.pth"))
  }

  /// Lines for the configuration of a ViTDet model, and what they do.
  public func loadingSnippet(for checkpoint: Checkpoint) -> [String] {
    let model = checkpoint.configuration
    let sizes = DenseBackbone.sizes(model, ("embed_dim", "depth", "num_heads", "pretrain_img_size"))
    return [
      "# In a configuration of detectron2's projects/ViTDet:",
      "train.init_checkpoint = \"checkpoint.pth\"",
      "model.backbone.net.update(pretrain_use_cls_token=False,",
      "                          \(sizes))", "",
      "# The same by hand, with the ViT of such a model:", "import torch", "",
      "weights = torch.load(\"checkpoint.pth\", map_location=\"cpu\")[\"model\"]",
      "encoder = {name.removeprefix(\"backbone.net.\"): tensor for name, tensor in weights.items()}",
      "model.backbone.net.load_state_dict(encoder, strict=False)  # what is missing belongs to ViTDet's relative positions",
    ]
  }
}
