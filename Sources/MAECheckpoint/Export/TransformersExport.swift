import MAEModels

/// A model folder of Hugging Face's transformers, versions 4 and 5.
public struct TransformersExport: ExportTarget {
  /// As `mae export --format` takes it.
  public let name = "transformers"
  /// What is written.
  public let title = "a folder for from_pretrained"
  /// transformers loads it as it is.
  public let library: String? = "transformers"
  /// The whole model is written.
  public let hasDecoder = true

  /// There is nothing to choose.
  public init() {}

  /// Parts that no class of the library has.
  public func obstacle(for model: ModelConfiguration) -> String? { TransformersConfiguration.obstacle(model) }

  /// Another epsilon of the decoder's last norm.
  public func differences(of model: ModelConfiguration) -> [String] { TransformersConfiguration.differences(model) }

  /// `model.safetensors`, `config.json` and `preprocessor_config.json`.
  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    let model = checkpoint.configuration
    let dialect = CheckpointLayout.transformers(model, isEncoderOnly: !checkpoint.hasDecoder)
    try ModelFolder(checkpoint, dialect, isTransformers: true).write(to: folder)
  }

  /// Python that makes the model, and its encoder, with `from_pretrained`.
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
