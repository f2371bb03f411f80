import MAEFoundation
import MAEModels

/// A configuration file: settings that differ from a method's defaults, or a whole resolved recipe.
public struct RecipeFile: Sendable {
  /// Where it was read, for messages.
  public let path: String
  package let changes: [RecipeChange]
  private let catalogue: Catalogue

  /// Reads a YAML file.
  ///
  /// - Throws: ``FileError`` when there is no such file, ``RecipeError`` when it is not YAML, or has keys that no recipe has.
  public init(path: String, in catalogue: Catalogue = .builtIn) throws {
    guard let text = String(validating: try DurableFile.bytes(of: path), as: UTF8.self) else {
      throw RecipeError("is not UTF-8 text", origin: .file(path))
    }
    try self.init(yaml: text, path: path, in: catalogue)
  }

  /// Reads YAML text; `path` is for messages.
  public init(yaml text: String, path: String, in catalogue: Catalogue = .builtIn) throws(RecipeError) {
    self.path = path
    self.catalogue = catalogue
    var (problems, removed): ([String], [String]) = ([], [])
    do {
      changes = try Self.changes(in: YAML.tree(text), below: "", &problems, &removed)
    } catch {
      throw error.from(.file(path))
    }
    guard removed.isEmpty else {
      var error = RecipeError(
        """
        has settings that self-guided masking had before it followed the paper (\(removed.joined(separator: ", "))): a run with \
        them cannot go on, start another one; leave them out of a file of your own
        """, origin: .file(path))
      error.isOutdated = true
      throw error
    }
    guard problems.isEmpty else { throw RecipeError(problems: problems, origin: .file(path)) }
  }

  /// The method that the file names.
  public var method: Method? { try? value(of: \.method) }

  /// The data that the file names.
  public var inputs: [String]? { try? value(of: \.inputs) }

  /// The data to judge on that the file names.
  public var validation: [String]? { (try? value(of: \.evaluationValidation)) ?? nil }

  /// Frames per second of folders of stills that the file names.
  public var frameRate: Double? { (try? value(of: \.frameRate)) ?? nil }

  /// Where the file lets what was searched be kept.
  public var cache: String? { (try? value(of: \.cache)) ?? nil }

  /// Seconds without progress after which a file is given up, as the file has it.
  public var decodeTimeout: Double? { try? value(of: \.decodeTimeout) }

  /// Of several models in a file of weights, the key of that which the file names.
  public var weightsKey: String? { (try? value(of: \.initialWeightsKey)) ?? nil }

  /// Whether it holds a whole recipe of fine-tuning, as the `config.yaml` of such a run does.
  public var isOfFineTuning: Bool { gives(Settings.shared.classes) }

  /// Whether it gives a setting a value.
  package func gives(_ setting: any AnySetting) -> Bool {
    changes.contains { $0.setting.path == setting.path && $0.tree != .nothing }
  }

  /// - Throws: ``RecipeError`` when the file is of fine-tuning.
  public func requireOfPretraining() throws(RecipeError) {
    guard isOfFineTuning else { return }
    throw RecipeError("has a run of fine-tuning; mae finetune --config repeats it", origin: .file(path))
  }

  /// - Throws: ``RecipeError`` when the file is of pretraining; settings alone may be of either.
  public func requireOfFineTuning() throws(RecipeError) {
    guard !isOfFineTuning, gives(Settings.shared.method) else { return }
    throw RecipeError(
      """
      has a run of pretraining, which mae pretrain --config repeats; give the config.yaml of a run of fine-tuning, or settings \
      without a method
      """, origin: .file(path))
  }

  /// The value that the file gives a setting; nil when it gives none.
  func value<Value>(of setting: KeyPath<Settings, Setting<Value>>) throws(RecipeError) -> Value? {
    try changes.first { $0.setting.path == Settings.shared[keyPath: setting].path }?.value(of: setting, in: catalogue)
  }

  /// Whether it is the whole recipe of a run that began before rates followed the predicted share: its base rate held the share.
  var isOlderThanKeptShare: Bool {
    let settings = Settings.shared
    func has(_ setting: any AnySetting) -> Bool { changes.contains { $0.setting.path == setting.path } }
    // Nobody writes all of these by hand.
    return has(settings.referenceBatch) && has(settings.beta1) && has(settings.epsilon) && !has(settings.scalesByKeptShare)
  }

  /// Whether it gives a value for a setting whose path begins so.
  func hasSettings(below path: String) -> Bool { changes.contains { $0.setting.path.hasPrefix(path + ".") } }

  /// The values of a group; a sentence for each key that no recipe has.
  private static func changes(
    in tree: SettingTree, below path: String, _ problems: inout [String], _ removed: inout [String]
  ) throws(RecipeError) -> [RecipeChange] {
    guard case .group(let members) = tree else {
      let found = tree == .nothing ? "empty" : tree.description
      throw RecipeError("\(path) is \(found); expected settings of the form `key: value`")
    }
    var changes: [RecipeChange] = []
    for member in members {
      let name = path.isEmpty ? member.name : "\(path).\(member.name)"
      if let setting = Settings.at(name) {
        changes.append(RecipeChange(setting, member.value, isFromFile: true))
      } else if Settings.hasGroup(name) {
        changes += try Self.changes(in: member.value, below: name, &problems, &removed)
      } else if Settings.removed.contains(name) {
        // A null says that there is none.
        if member.value != .nothing { removed.append(member.name) }
      } else {
        let line = member.line.map { "line \($0): " } ?? ""
        problems.append("\(line)unknown key \(name)\(Settings.suggestion(for: name))")
      }
    }
    return changes
  }
}
