import MAEModels

/// A model folder of Hugging Face's transformers, versions 4 and 5.
public struct TransformersExport: ExportTarget {
  public let name = "transformers"
  public let title = "a folder for from_pretrained"
  public let library: String? = "transformers"
  public let hasDecoder = true

  public init() {}

  public func obstacle(for model: ModelConfiguration) -> String? { TransformersConfiguration.obstacle(model) }

  public func differences(of model: ModelConfiguration) -> [String] { TransformersConfiguration.differences(model) }

  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    let model = checkpoint.configuration
    let dialect = CheckpointLayout.transformers(model, isEncoderOnly: !checkpoint.hasDecoder)
    try ModelFolder(checkpoint, dialect, isTransformers: true).write(to: folder)
  }

  public func loadingSnippet(for checkpoint: Checkpoint) -> [String] {
    let architectures = TransformersConfiguration.classes(checkpoint.configuration).architectures
    let whole = checkpoint.hasDecoder ? architectures.whole : architectures.encoder
    // ViTMAEModel shuffles the tokens, even where it hides none.
    let isVideo = architectures.encoder == "VideoMAEModel"
    let (encoder, arguments) = isVideo ? ("VideoMAEModel", "") : ("ViTModel", ", add_pooling_layer=False")
    return [
      "from transformers import \(whole)", "", "model = \(whole).from_pretrained(\".\")", "",
      "# The encoder alone, which hides nothing:", "from transformers import \(encoder)", "",
      "encoder = \(encoder).from_pretrained(\".\"\(arguments))",
      "features = encoder(pixel_values).last_hidden_state  # [samples, tokens, \(checkpoint.configuration.encoder.blocks.width)]",
    ]
  }
}
