import MAEEngine
import MAEFoundation
import MAEModels

extension Checkpoint {
  /// Writes `config.json`, `model.safetensors` and `preprocessor_config.json` of a model into a folder, which must exist.
  ///
  /// The weights carry every value of the configuration in their metadata.
  ///
  /// - Parameter notes: further metadata, for instance the step and the fingerprint of the data.
  public static func write(_ model: Model, to folder: String, notes: [String: String] = [:]) throws {
    var weights = StateDictionary(metadata: notes)
    for parameter in model.parameters.parameters where parameter.isStored {
      weights[parameter.name] = StoredTensor(shape: parameter.shape, sharing: model.parameters.tensor(of: parameter))
    }
    let layout = CheckpointLayout(model.configuration)
    try ModelFolder(
      configuration: model.configuration, weights: weights, dialect: layout.dialect, isTransformers: layout.isTransformers,
      preprocessor: PreprocessorConfiguration(model.configuration)
    ).write(to: folder)
  }
}

/// The files that make a folder a model.
struct ModelFolder {
  var configuration: ModelConfiguration
  /// Under our names; the metadata is kept.
  var weights: StateDictionary
  var dialect: Dialect
  var isTransformers: Bool
  var preprocessor: PreprocessorConfiguration
  var isEncoderOnly = false

  init(
    configuration: ModelConfiguration, weights: StateDictionary, dialect: Dialect, isTransformers: Bool,
    preprocessor: PreprocessorConfiguration
  ) {
    self.configuration = configuration
    self.weights = weights
    self.dialect = dialect
    self.isTransformers = isTransformers
    self.preprocessor = preprocessor
  }

  /// A checkpoint under the names of a dialect.
  init(_ checkpoint: Checkpoint, _ dialect: Dialect, isTransformers: Bool) {
    self.init(
      configuration: checkpoint.configuration, weights: checkpoint.weights, dialect: dialect, isTransformers: isTransformers,
      preprocessor: checkpoint.preprocessor)
    isEncoderOnly = !checkpoint.hasDecoder && checkpoint.configuration.classifier == nil
  }

  /// - Returns: the weights under the dialect's names.
  @discardableResult
  func write(to folder: String) throws -> StateDictionary {
    var state = try dialect.names(for: weights, configuration.input, file: folder)
    state.metadata["method"] = configuration.method.name
    state.metadata[ModelConfiguration.metadataKey] = configuration.json
    try SafeTensorsWriter.write(state, to: join(folder, "model.safetensors"))
    try DurableFile.write(description(state).serialized(indent: true), to: join(folder, "config.json"))
    try DurableFile.write(preprocessor.json.serialized(indent: true), to: join(folder, "preprocessor_config.json"))
    return state
  }

  private func description(_ state: StateDictionary) throws(CheckpointError) -> JSONValue {
    if isTransformers {
      var description = TransformersConfiguration.write(configuration, isEncoderOnly: isEncoderOnly).object!
      description["torch_dtype"] = .text(Self.torchType(state))
      return .object(description)
    }
    var description = JSONObject()
    description["method"] = .text(configuration.method.name)
    description["names"] = .text(dialect.title)
    description[ModelConfiguration.metadataKey] = try JSONValue.parse(Array(configuration.json.utf8), of: "config.json")
    return .object(description)
  }

  /// The library's name of the element type that all weights share.
  private static func torchType(_ state: StateDictionary) -> String {
    let types = Set(state.map(\.tensor.type))
    guard types.count == 1 else { return "float32" }
    return types.contains(.float16) ? "float16" : types.contains(.bfloat16) ? "bfloat16" : "float32"
  }
}
