import MAEModels

/// The names of the method's public implementation, as safetensors and as a PyTorch file.
public struct OfficialExport: ExportTarget {
  /// As `mae export --format` takes it.
  public let name = "official"
  /// What is written.
  public let title = "the names of the method's public implementation, as safetensors and as a PyTorch file"
  /// None: these files are for the implementation's own scripts.
  public let library: String? = nil
  /// The whole model is written.
  public func hasDecoder(of model: ModelConfiguration) -> Bool { true }

  /// There is nothing to choose.
  public init() {}

  /// A method without public implementation, or a model that it does not have.
  public func obstacle(for model: ModelConfiguration) -> String? {
    guard model.names != .own else {
      let stem = model.method.names == .own ? "" : " with a convolutional stem"
      return "there is no public implementation of \(model.method)\(stem)"
    }
    let isForeign = model.method.names.official == .simmim && model.encoder.blocks.attentionBias == .all
    return isForeign ? "the official SimMIM has no key bias" : nil
  }

  /// None: the formulas are the same.
  public func differences(of model: ModelConfiguration) -> [String] { [] }

  /// `model.safetensors`, `checkpoint.pth` and our own `config.json`.
  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    let dialect = CheckpointLayout.official(checkpoint.configuration)
    let state = try ModelFolder(checkpoint, dialect, isTransformers: false).write(to: folder)
    try TorchFileWriter.write(state, to: join(folder, "checkpoint.pth"))
  }

  /// Python that needs nothing but torch.
  public func loadingSnippet(for checkpoint: Checkpoint) -> [String] {
    let dialect = CheckpointLayout.official(checkpoint.configuration)
    let prefix = dialect.encoderPrefix
    return [
      "import torch", "", "# Names as in the method's public implementation.",
      "weights = torch.load(\"checkpoint.pth\", map_location=\"cpu\")[\"model\"]", "",
      "# The encoder alone, for the implementation's vision transformer:",
    ]
      + (prefix.isEmpty
        ? [
          "others = (\"decoder_\", \"mask_token\", \"dec_norms\", \"wfm\")",
          "encoder = {name: tensor for name, tensor in weights.items() if not name.startswith(others)}",
        ]
        : [
          "encoder = {name.removeprefix(\"\(prefix)\"): tensor",
          "           for name, tensor in weights.items() if name.startswith(\"\(prefix)\")}",
        ])
  }
}
