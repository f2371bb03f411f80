import MAEFoundation
import MAEModels

extension Recipe {
  /// The recipe as YAML that ``RecipeFile`` reads back to an equal recipe.
  public var yaml: String { YAML.text(tree { _ in true }) }

  /// Settings as a file has them; what the defaults have and this recipe has not is taken away by a null.
  private func tree(of isWanted: (any AnySetting) -> Bool) -> SettingTree {
    let published = method.recipe(preset)
    let settings = Settings.of([self, published]).filter(isWanted)
    var tree = SettingTree.group([])
    func insert(_ value: SettingTree, _ setting: any AnySetting) {
      tree.insert(value, at: setting.path.split(separator: ".")[...])
    }
    for setting in settings { if let value = setting.written(in: self) { insert(value, setting) } }
    for setting in settings where setting.written(in: self) == nil && setting.written(in: published) != nil {
      insert(.nothing, setting)
    }
    return tree
  }

  /// A whole recipe from YAML text, e.g. the `config.yaml` of a run folder.
  ///
  /// - Throws: ``RecipeError``.
  public init(yaml text: String, path: String, in catalogue: Catalogue = .builtIn) throws(RecipeError) {
    self = try Recipe.resolve(file: RecipeFile(yaml: text, path: path, in: catalogue), in: catalogue).recipe
  }

  /// A short name of what the recipe says, free settings aside; equal recipes have equal fingerprints on every machine.
  public var fingerprint: String {
    // No secret depends on it.
    var checksum = FNV1a()
    checksum.add(YAML.text(tree { !$0.isFree }))
    return String(checksum.value, radix: 16)
  }
}
