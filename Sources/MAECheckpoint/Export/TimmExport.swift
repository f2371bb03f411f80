import MAEFoundation
import MAEModels

/// A `local-dir:` folder of timm, encoder only.
public struct TimmExport: ExportTarget {
  /// As `mae export --format` takes it.
  public let name = "timm"
  /// What is written.
  public let title = "an encoder for timm.create_model(\"local-dir:FOLDER\", pretrained=True)"
  /// timm loads it as it is.
  public let library: String? = "timm"
  /// Encoders only.
  public func hasDecoder(of model: ModelConfiguration) -> Bool { false }

  /// There is nothing to choose.
  public init() {}

  /// Clips, and parts that timm's vision transformer lacks.
  public func obstacle(for model: ModelConfiguration) -> String? { TimmConfiguration.obstacle(model) }

  /// Another epsilon of the norms.
  public func differences(of model: ModelConfiguration) -> [String] {
    let epsilon = model.encoder.blocks.normEpsilon
    guard epsilon != 1e-6 else { return [] }
    return ["timm's norms have an epsilon of 1e-06 where this model has \(epsilon); features differ slightly."]
  }

  /// `model.safetensors`, `config.json` and `preprocessor_config.json`.
  public func write(_ checkpoint: Checkpoint, to folder: String) throws {
    let model = checkpoint.configuration
    // A mask token makes timm take the file for another model and fail.
    let encoder = checkpoint.weights.renamed { $0.hasPrefix("decoder.") || $0 == "encoder.mask_token" ? nil : $0 }
    var state = try Dialect.timm.names(for: encoder, model.input, file: folder)
    state.metadata["method"] = model.method.name
    try SafeTensorsWriter.write(state, to: join(folder, "model.safetensors"))
    let preprocessor = checkpoint.preprocessor
    try DurableFile.write(
      TimmConfiguration.write(model, preprocessor).serialized(indent: true), to: join(folder, "config.json"))
    try DurableFile.write(preprocessor.json.serialized(indent: true), to: join(folder, "preprocessor_config.json"))
  }

  /// Python that makes the encoder with `timm.create_model`.
  public func loadingSnippet(for checkpoint: Checkpoint) -> [String] {
    let width = checkpoint.configuration.encoder.blocks.width
    let classifier =
      checkpoint.configuration.classifier == nil
      ? [] : ["model = timm.create_model(\"local-dir:.\", pretrained=True)", "logits = model(pixels)", ""]
    return ["import timm", ""] + classifier + [
      "encoder = timm.create_model(\"local-dir:.\", pretrained=True, num_classes=0)",
      "features = encoder.forward_features(pixels)  # [samples, tokens, \(width)], the class token first",
    ]
  }
}
