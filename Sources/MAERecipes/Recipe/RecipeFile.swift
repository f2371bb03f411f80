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
