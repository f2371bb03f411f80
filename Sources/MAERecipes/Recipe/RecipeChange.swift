import MAEModels

/// One value that stands above method, preset and what comes before it.
public struct RecipeChange: Sendable {
  package let setting: any AnySetting
  let tree: SettingTree
  /// Whether a file says so rather than the command line.
  let isFromFile: Bool

  init(_ setting: any AnySetting, _ tree: SettingTree, isFromFile: Bool = false) {
    self.setting = setting
    self.tree = tree
    self.isFromFile = isFromFile
  }

  /// What a person wrote for a setting.
  package init(_ setting: any AnySetting, written text: String) { self.init(setting, .word(text)) }

  /// What a person wrote for a setting.
  package init<Value>(_ setting: KeyPath<Settings, Setting<Value>>, written text: String) {
    self.init(Settings.shared[keyPath: setting], .word(text))
  }

  /// A value of a setting.
  package init<Value>(_ setting: KeyPath<Settings, Setting<Value>>, _ value: Value) {
    self.init(Settings.shared[keyPath: setting], value.tree)
  }

  /// A change as text.
  ///
  /// - Parameters:
  ///   - path: where the setting stands in a file, e.g. `model.masking.ratio`; a leading `model.` may be left out.
  ///   - text: its value, as the command line or a file takes it.
  /// - Throws: ``RecipeError`` when there is no such setting; it names the nearest one.
  public init(path: String, text: String) throws(RecipeError) {
    let path = path.replacing("_", with: "-")
    guard let setting = Settings.all.first(where: { [path, "model." + path].contains($0.path) || $0.formerly == path }) else {
      throw RecipeError("there is no setting \(path)\(Settings.suggestion(for: path))")
    }
    self.init(setting, .word(text))
  }

  /// The value as a person wrote it.
  package var written: String { tree.scalar ?? tree.description }

  /// What the setting is called where the value was given.
  var name: String { isFromFile ? setting.path : setting.name }

  /// Puts the value in its place.
  ///
  /// - Throws: ``RecipeError`` when the text is not such a value.
  func apply(to recipe: inout Recipe, in catalogue: Catalogue) throws(RecipeError) {
    guard setting.set(tree, in: &recipe, catalogue) else { throw misfit(catalogue) }
  }

  /// The value of a setting alone, without what its text may mean in a recipe.
  ///
  /// - Throws: ``RecipeError`` when the text is not such a value.
  package func value<Value>(
    of setting: KeyPath<Settings, Setting<Value>>, in catalogue: Catalogue = .builtIn
  ) throws(RecipeError) -> Value {
    guard let value = Value(tree, in: catalogue) else { throw misfit(catalogue) }
    return value
  }

  private func misfit(_ catalogue: Catalogue) -> RecipeError {
    let found = tree == .nothing ? "empty" : tree.description
    let nearest = NearestName.of(found, among: setting.choices(in: catalogue)).map { "; did you mean \($0)?" } ?? ""
    return RecipeError("\(name) is \(found); expected \(setting.form(in: catalogue))\(nearest)")
  }
}

extension AnySetting {
  /// What it is called on the command line; its path where it has no flag.
  package var name: String { flag.map { "--\($0)" } ?? path }
}
