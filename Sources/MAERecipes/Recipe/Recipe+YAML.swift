import MAEModels

extension Recipe {
  /// The recipe as YAML that ``RecipeFile`` reads back to an equal recipe.
  public var yaml: String { YAML.text(tree(Settings.all)) }

  /// Settings as a file has them; what the defaults have and this recipe has not is taken away by a null.
  private func tree(_ settings: [any AnySetting]) -> SettingTree {
    let published = method.recipe(preset)
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
    // FNV-1a, 64 bits: no secret depends on it.
    let text = YAML.text(tree(Settings.all.filter { !$0.isFree }))
    return String(text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 16)
  }
}
