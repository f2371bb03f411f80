import MAEModels

/// A model folder of Hugging Face's transformers, versions 4 and 5.
public struct TransformersExport: ExportTarget {
  /// As `mae export --format` takes it.
  public let name = "transformers"
  /// What is written.
  public let title = "a folder for from_pretrained"
  /// transformers loads it as it is.
  public let library: String? = "transformers"

  /// There is nothing to choose.
  public init() {}

  /// Parts that no class of the library has.
  public func obstacle(for model: ModelConfiguration) -> String? { TransformersConfiguration.obstacle(model) }

  /// The library has Pixio's encoder only.
  public func hasDecoder(of model: ModelConfiguration) -> Bool { model.method.names.library != .pixio }

  /// Another epsilon of the decoder's last norm.
  public func differences(of model: ModelConfiguration) -> [String] { TransformersConfiguration.differences(model) }

  /// `model.safetensors`, `config.json` and `preprocessor_config.json`.
  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    let model = checkpoint.configuration
    let isWhole = model.classifier != nil || checkpoint.hasDecoder && hasDecoder(of: model)
    var description = ModelFolder(
      checkpoint, CheckpointLayout.transformers(model, isEncoderOnly: !isWhole), isTransformers: true)
    description.isEncoderOnly = !isWhole
    if !isWhole { description.weights = checkpoint.weights.renamed { $0.hasPrefix("decoder.") ? nil : $0 } }
    try description.write(to: folder)
  }

  /// Python that makes the model, and its encoder, with `from_pretrained`.
  public func loadingSnippet(for checkpoint: Checkpoint) -> [String] {
    let architectures = TransformersConfiguration.classes(checkpoint.configuration).architectures
    let isClassifier = checkpoint.configuration.classifier != nil
    let whole = checkpoint.hasDecoder || isClassifier ? architectures.whole : architectures.encoder
    // ViTMAEModel shuffles the tokens, even where it hides none.
    let hasOwnEncoder = ["VideoMAEModel", "PixioModel"].contains(architectures.encoder)
    let (encoder, arguments) = hasOwnEncoder ? (architectures.encoder, "") : ("ViTModel", ", add_pooling_layer=False")
    var model =
      whole == encoder ? [] : ["from transformers import \(whole)", "", "model = \(whole).from_pretrained(\".\")", ""]
    if isClassifier { model.insert("logits = model(pixel_values).logits  # names: model.config.id2label", at: 3) }
    return model + [
      "# The encoder alone, which hides nothing:", "from transformers import \(encoder)", "",
      "encoder = \(encoder).from_pretrained(\".\"\(arguments))",
      "features = encoder(pixel_values).last_hidden_state  # [samples, tokens, \(checkpoint.configuration.encoder.blocks.width)]",
    ]
  }
}
