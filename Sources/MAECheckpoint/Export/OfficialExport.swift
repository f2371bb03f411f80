import MAEModels

/// The names of the method's public implementation, as safetensors and as a PyTorch file.
public struct OfficialExport: ExportTarget {
  public let name = "official"
  public let title = "the names of the method's public implementation, as safetensors and as a PyTorch file"
  public let library: String? = nil
  public let hasDecoder = true

  public init() {}

  public func obstacle(for model: ModelConfiguration) -> String? {
    guard model.method.names != .own else { return "there is no public implementation of \(model.method)" }
    let isForeign = model.method.names.official == .simmim && model.encoder.blocks.attentionBias == .all
    return isForeign ? "the official SimMIM has no key bias" : nil
  }

  public func differences(of model: ModelConfiguration) -> [String] { [] }

  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    let dialect = CheckpointLayout.official(checkpoint.configuration)
    let state = try ModelFolder(checkpoint, dialect, isTransformers: false).write(to: folder)
    try TorchFileWriter.write(state, to: join(folder, "checkpoint.pth"))
  }

  public func loadingSnippet(for checkpoint: Checkpoint) -> [String] {
    let dialect = CheckpointLayout.official(checkpoint.configuration)
    let prefix = dialect.encoderPrefix
    return [
      "import torch", "", "# Names as in the method's public implementation.",
      "weights = torch.load(\"checkpoint.pth\", map_location=\"cpu\")[\"model\"]", "",
      "# The encoder alone, for the implementation's vision transformer:",
    ]
      + (prefix.isEmpty
        ? ["encoder = {name: tensor for name, tensor in weights.items() if not name.startswith((\"decoder_\", \"mask_token\"))}"]
        : [
          "encoder = {name.removeprefix(\"\(prefix)\"): tensor for name, tensor in weights.items() if name.startswith(\"\(prefix)\")}"
        ])
  }
}
