import MAEModels

/// The backbone `MAE` of mmsegmentation, on which its UPerNet stands (`mmseg/models/backbones/mae.py`; Xiao et al. 2018). That
/// class always has a class token, and a row for it in its position table: they stay.
public struct UPerNetExport: ExportTarget {
  /// As `mae export --format` takes it.
  public let name = "upernet"
  /// What is written.
  public let title = "a backbone for UPerNet in mmsegmentation, its class MAE"
  /// None: the file is for mmsegmentation's own scripts.
  public let library: String? = nil
  /// Encoders only.
  public func hasDecoder(of model: ModelConfiguration) -> Bool { false }

  /// There is nothing to choose.
  public init() {}

  /// Clips, inputs that are not square, other than one class token, and parts that the backbone lacks.
  public func obstacle(for model: ModelConfiguration) -> String? {
    let library = "mmsegmentation's backbone"
    if let obstacle = DenseBackbone.obstacle(model, library) { return obstacle }
    let count = model.encoder.classRows
    return count == 1 ? nil : "\(library) has one class token, this model \(count == 0 ? "none" : "\(count)")"
  }

  /// None: the formulas are the same.
  public func differences(of model: ModelConfiguration) -> [String] { [] }

  /// `checkpoint.pth`. Scales of the branches, which the backbone has and starts at 0.1, are written as ones.
  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    var state = StateDictionary()
    for (name, tensor) in try DenseBackbone.weights(of: checkpoint, in: folder) { state[Self.renamed(name)] = tensor }
    let blocks = checkpoint.configuration.encoder.blocks
    let ones = StoredTensor(shape: [blocks.width], floats: [Float](repeating: 1, count: blocks.width))
    for block in 0..<blocks.depth {
      for branch in 1...2 { state["layers.\(block).gamma_\(branch)"] = ones }
    }
    try TorchFileWriter.write(state, to: join(folder, "checkpoint.pth"), key: "state_dict")
  }

  /// As `tools/model_converters/beit2mmseg.py` names them.
  private static func renamed(_ name: String) -> String {
    guard name.hasPrefix("blocks.") else { return name.replacing("patch_embed.proj", with: "patch_embed.projection") }
    return name.replacing("blocks.", with: "layers.").replacing(".norm", with: ".ln")
      .replacing("mlp.fc1", with: "ffn.layers.0.0").replacing("mlp.fc2", with: "ffn.layers.1")
  }

  /// Lines for the configuration of a UPerNet, and what they do.
  public func loadingSnippet(for checkpoint: Checkpoint) -> [String] {
    let model = checkpoint.configuration
    let sizes = DenseBackbone.sizes(model, ("embed_dims", "num_layers", "num_heads", "img_size"))
    return [
      "# In a configuration of mmsegmentation (see its configs/mae):",
      "backbone = dict(type=\"MAE\", init_cfg=dict(type=\"Pretrained\", checkpoint=\"checkpoint.pth\"),",
      "                norm_cfg=dict(type=\"LN\", eps=\(model.encoder.blocks.normEpsilon)), init_values=1.0,",
      "                \(sizes))", "",
      "# The weights themselves:", "import torch", "",
      "encoder = torch.load(\"checkpoint.pth\", map_location=\"cpu\")[\"state_dict\"]",
    ]
  }
}
