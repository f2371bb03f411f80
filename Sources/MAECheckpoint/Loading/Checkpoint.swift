import Foundation
import MAECore
import MAEModels

/// A model as it lies in a file or folder: its weights under our names, and the values that they belong to.
public struct Checkpoint: Sendable {
  /// The folder or file that was found; for a run folder its newest checkpoint.
  public let path: String
  public let form: WeightFile.Form
  public let files: [String]
  public let dialect: Dialect
  public let configuration: ModelConfiguration
  /// How pictures are prepared for it.
  public let preprocessor: PreprocessorConfiguration
  /// Weights under our names and shapes; values are read when asked for.
  public let weights: StateDictionary
  /// Names in the file without a place in the model, with what they are.
  public let ignored: [(name: String, part: String)]
  /// Names in the file that no dialect explains.
  public let unknown: [String]
  /// What had to be assumed about the model, one sentence each.
  public let assumptions: [String]

  /// Notes that the file carries.
  public var metadata: [String: String] { weights.metadata }
  public var hasDecoder: Bool { weights.names.contains { $0.hasPrefix("decoder.") } }

  /// Reads a weight file with the `config.json` beside it, a model folder, or the newest checkpoint of a run folder.
  ///
  /// - Throws: ``CheckpointError`` when there is nothing, it is damaged, its names are of no known model, or names, shapes and
  ///   configuration do not fit together.
  public static func read(path: String) throws(CheckpointError) -> Checkpoint {
    let place = try resolve(path)
    return try Checkpoint(path: place, try WeightFile.read(path: place))
  }

  /// - Parameter path: where `file` was read; a configuration is looked for in it or beside it.
  init(path: String, _ file: WeightFile) throws(CheckpointError) {
    let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let folder = Self.isFolder(path) ? path : parent
    self.path = path
    form = file.form
    files = file.files
    let described = try DescribedModel(folder: folder, metadata: file.state.metadata)
    let state = file.state.withoutWrapper
    guard let dialect = Dialect.detect(state, method: described.method) else {
      throw .unusable(
        path, "its \(state.count) tensors (\(state.names.first ?? "none") …) are not those of a model that is known here")
    }
    self.dialect = dialect
    let translated = try dialect.translate(state, file: path)
    weights = translated.weights
    ignored = translated.ignored
    unknown = translated.unknown
    var configuration: ModelConfiguration
    var assumptions: [String] = []
    if let known = described.configuration {
      configuration = known
    } else {
      var inference = ConfigurationInference(translated, dialect, file: path)
      configuration = try inference.configuration()
      assumptions = inference.assumptions
    }
    let preprocessorPath = join(folder, "preprocessor_config.json")
    var preprocessor = PreprocessorConfiguration(configuration)
    if FileManager.default.fileExists(atPath: preprocessorPath) {
      preprocessor = try PreprocessorConfiguration(
        path: preprocessorPath, standard: preprocessor, channels: configuration.input.channels.count)
      configuration.input.mean = preprocessor.mean
      configuration.input.deviation = preprocessor.deviation
    }
    self.preprocessor = preprocessor
    try configuration.checkSizes(file: path)
    if !described.isComplete { assumptions += configuration.makeMaskingUsable() }
    self.configuration = configuration
    self.assumptions = assumptions
    try WeightFit(weights, configuration).check(file: path)
  }

  /// Weights whose configuration is known from elsewhere.
  package init(path: String, _ file: WeightFile, configuration: ModelConfiguration) throws(CheckpointError) {
    let state = file.state.withoutWrapper
    guard let dialect = Dialect.detect(state, method: configuration.method) else {
      throw .unusable(path, "its tensors are not those of \(configuration.method.name)")
    }
    try configuration.checkSizes(file: path)
    let translated = try dialect.translate(state, file: path)
    self.path = path
    (form, files, self.dialect, self.configuration) = (file.form, file.files, dialect, configuration)
    preprocessor = PreprocessorConfiguration(configuration)
    (weights, ignored, unknown, assumptions) = (translated.weights, translated.ignored, translated.unknown, [])
    try WeightFit(weights, configuration).check(file: path)
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// A run folder stands for its newest checkpoint.
  static func resolve(_ path: String) throws(CheckpointError) -> String {
    for folder in [join(path, "checkpoints"), path] where isFolder(folder) {
      let store = CheckpointStore(folder: folder)
      if let newest = store.newest() { return newest.path }
      if let damaged = store.entries().last {
        throw .unusable(damaged.path, "is the newest checkpoint, but neither it nor an older one is whole")
      }
    }
    return path
  }
}

/// What the files beside the weights, or notes inside them, say about the model.
private struct DescribedModel {
  var configuration: ModelConfiguration?
  var method: Method?
  /// Whether every value was written by us, masking included.
  var isComplete = false

  /// Our own notes give every value; the fields of a transformers `config.json` count more where they speak.
  init(folder: String, metadata: [String: String]) throws(CheckpointError) {
    let path = join(folder, "config.json")
    if let text = metadata[ModelConfiguration.metadataKey] {
      configuration = try ModelConfiguration(json: Array(text.utf8), file: folder)
      isComplete = true
    }
    if FileManager.default.fileExists(atPath: path) {
      guard let object = try JSONValue.read(path: path).object else { throw .unusable(path, "is not a JSON object") }
      if let own = object[ModelConfiguration.metadataKey] {
        configuration = try ModelConfiguration(json: Array(own.serialized(indent: false).utf8), file: path)
        isComplete = true
      } else if object["model_type"] != nil {
        configuration = try TransformersConfiguration.read(object, base: configuration, file: path)
      } else if let timm = try TimmConfiguration.read(object, file: path) {
        configuration = configuration ?? timm
      }
    }
    method = configuration?.method
  }
}

extension ModelConfiguration {
  /// Replaces a method's usual masking where it leaves nothing visible or nothing hidden of a small grid.
  ///
  /// - Returns: what was assumed.
  fileprivate mutating func makeMaskingUsable() -> [String] {
    let usual = MaskingConfiguration(kind: .random, ratio: masking.ratio)
    let candidates = [masking, usual] + [0.75, 0.5].map { MaskingConfiguration(kind: .random, ratio: $0) }
    let usable = candidates.first {
      (try? $0.strategy(for: grid, patch: input.patch)) != nil
    }
    guard let usable, usable != masking else { return [] }
    defer { masking = usable }
    return [
      "Masking is taken to be \(usable.kind) at \(usable.ratio), because the method's own leaves nothing of \(grid) tokens."
    ]
  }
}
