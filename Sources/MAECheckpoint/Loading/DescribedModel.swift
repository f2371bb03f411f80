import MAEFoundation
import MAEModels

/// What notes inside a weight file and the files beside it say about the model.
struct DescribedModel {
  private(set) var configuration: ModelConfiguration?
  /// Whether every value was written by us, masking included.
  private(set) var isComplete = false
  /// Where further files about the model lie: `preprocessor_config.json`, `adapter_config.json`.
  private(set) var folder: String?
  /// Names of the classes that a classifier tells apart, in the order of its logits.
  private(set) var classNames: [String]?
  /// What people should know about the description.
  private(set) var remarks: [String] = []

  private let catalogue: Catalogue

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    catalogue = Catalogue.builtIn.including(configuration)
    isComplete = true
  }

  /// What the metadata of the weights say.
  init(metadata: [String: String], file: String, in catalogue: Catalogue) throws(CheckpointError) {
    self.catalogue = catalogue
    guard let text = metadata[ModelConfiguration.metadataKey] else { return }
    configuration = try ModelConfiguration(json: Array(text.utf8), file: file, in: catalogue)
    isComplete = true
  }

  /// With the `config.json` of a folder. Our own notes give every value; the fields of transformers count more where they speak.
  func beside(_ folder: String) throws(CheckpointError) -> DescribedModel {
    var described = self
    described.folder = folder
    let path = join(folder, "config.json")
    guard exists(path) else { return described }
    guard let object = try JSONValue.read(path: path).object else { throw .unusable(path, "is not a JSON object") }
    described.classNames = Self.classNames(object)
    if let own = object[ModelConfiguration.metadataKey] {
      described.configuration = try ModelConfiguration(
        json: Array(own.serialized(indent: false).utf8), file: path, in: catalogue)
      described.isComplete = true
    } else if object["model_type"] != nil {
      described.configuration = try TransformersConfiguration.read(object, base: configuration, file: path)
    } else if let timm = try TimmConfiguration.read(object, file: path) {
      described.configuration = configuration ?? timm
    }
    return described
  }

  /// As transformers has them, `id2label`, or as timm has, `label_names`.
  private static func classNames(_ object: JSONObject) -> [String]? {
    if let names = object["label_names"]?.array { return names.compactMap(\.text) }
    guard let labels = object["id2label"]?.object else { return nil }
    let names = labels.keys.indices.compactMap { labels["\($0)"]?.text }
    return names.count == labels.keys.count ? names : nil
  }

  /// Without the `config.json` of a folder, which is of something else.
  func without(_ folder: String) -> DescribedModel {
    var described = self
    described.remarks.append("\(join(folder, "config.json")) was left aside, because it does not describe these weights.")
    return described
  }
}
