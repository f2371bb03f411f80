import MAEFoundation
import MAEModels
import Yams

/// A configuration file: settings that differ from a method's defaults, or a whole resolved recipe.
public struct RecipeFile {
  public let path: String
  let tree: SettingsTree

  /// Reads a YAML file.
  ///
  /// - Throws: ``FileError`` when there is no such file, ``RecipeError`` when it is not YAML, or has keys that no recipe has.
  public init(path: String) throws {
    guard let text = String(validating: try DurableFile.bytes(of: path), as: UTF8.self) else {
      throw RecipeError("\(path): is not UTF-8 text", origin: .file(path))
    }
    try self.init(yaml: text, path: path)
  }

  /// Reads YAML text; `path` is for messages.
  public init(yaml text: String, path: String) throws(RecipeError) {
    self.path = path
    do {
      tree = try RecipeSchema.normalised(SettingsTree(yaml: text, from: path))
    } catch {
      throw error.from(.file(path))
    }
    let unknown = RecipeSchema.unknownKeys(in: tree)
    guard unknown.isEmpty else { throw RecipeError(problems: unknown, origin: .file(path)) }
  }
}

extension RecipeFile {
  /// The method that the file names.
  public var method: Method? { tree["method"]?.string.flatMap(Catalogue.builtIn.method) }

  /// The data that the file names.
  public var inputs: [String]? { tree["data.inputs"]?.sequence?.compactMap(\.string) }
}

extension Recipe {
  /// The recipe as YAML that ``RecipeFile`` reads back to an equal recipe.
  public var yaml: String {
    guard var tree = try? SettingsTree(of: self), let base = try? SettingsTree(of: method.recipe(preset)) else {
      preconditionFailure("Recipe: cannot be written as YAML")
    }
    // What the defaults have and this recipe has not is taken away by a null.
    for (path, _) in base.leaves where tree[path] == nil && !RecipeSchema.isInsideChoice(path) {
      tree[path] = Node.nothing
    }
    return RecipeSchema.written(tree).yaml
  }

  /// A whole recipe from YAML text, e.g. the `config.yaml` of a run folder.
  public init(yaml text: String, path: String) throws(RecipeError) {
    let file = try RecipeFile(yaml: text, path: path)
    self = try Recipe.resolve(file: file)
  }

  /// Settings that change how a run is carried out and not what comes out: a continued run may change them.
  public static let freeSettings: Set<String> = [
    "run.threads", "run.save-every", "run.keep", "run.recompute", "data.workers", "data.decode-timeout", "data.cache",
  ]

  /// A short name of what the recipe says, free settings aside; equal recipes have equal fingerprints on every machine.
  public var fingerprint: String {
    guard var tree = try? SettingsTree(of: self) else { preconditionFailure("Recipe: cannot be written as YAML") }
    for path in Recipe.freeSettings { tree[path] = nil }
    var hash = FNV1a()
    hash.add(tree.yaml)
    return String(hash.value, radix: 16)
  }

  /// Settings in which two recipes differ, free settings aside, as text; nil = not set.
  public func differences(from other: Recipe) -> [(path: String, mine: String?, theirs: String?)] {
    guard let mine = try? SettingsTree(of: self), let theirs = try? SettingsTree(of: other) else { return [] }
    return mine.differences(from: theirs).filter { !Recipe.freeSettings.contains($0.path) }
  }
}
