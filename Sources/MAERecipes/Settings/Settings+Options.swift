import MAEModels

/// Settings that maskings and objectives bring along; their values stand under `options`, by name.
extension Settings {
  /// The setting at a path; nil when there is none.
  static func at(_ path: String) -> (any AnySetting)? {
    if let setting = all.first(where: { $0.path == path || $0.formerly == path }) { return setting }
    if let name = path.suffix(after: "model.masking.options.") {
      return Setting("model.masking.options.\(name)", \.[maskingOption: name], "Option of the masking").byDefault("the masking's")
    }
    if let name = path.suffix(after: "model.options.") {
      return Setting("model.options.\(name)", \.[modelOption: name], "Option of the objective").byDefault("the objective's")
    }
    return nil
  }

  /// Every setting that has a value in one of some recipes, options included.
  package static func of(_ recipes: [Recipe]) -> [any AnySetting] {
    let paths = recipes.flatMap { recipe in
      (recipe.model.masking.options ?? [:]).keys.map { "model.masking.options.\($0)" }
        + (recipe.model.options ?? [:]).keys.map { "model.options.\($0)" }
    }
    return all + Set(paths).sorted().compactMap(at)
  }

  /// The path of an option that is named beside the masking's own settings: `masking.width` is `masking.options.width`.
  static func optionPath(_ path: String, in catalogue: Catalogue) -> String? {
    guard let name = path.suffix(after: "model.masking.") ?? path.suffix(after: "masking."),
      catalogue.maskings.contains(where: { $0.options.contains { $0.name == name } })
    else { return nil }
    return "model.masking.options.\(name)"
  }
}

extension Recipe {
  fileprivate subscript(maskingOption name: String) -> SettingValue? {
    get { model.masking.options?[name] }
    set { model.masking.options.set(newValue, for: name) }
  }

  fileprivate subscript(modelOption name: String) -> SettingValue? {
    get { model.options?[name] }
    set { model.options.set(newValue, for: name) }
  }
}

extension [String: SettingValue]? {
  /// Without any value there is no group.
  fileprivate mutating func set(_ value: SettingValue?, for name: String) {
    var options = self ?? [:]
    options[name] = value
    self = options.isEmpty ? nil : options
  }
}

extension String {
  fileprivate func suffix(after prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}

/// As whatever it looks like: a whole number, a number, true or false, else a text.
extension SettingValue: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a number, true, false or a text" }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let text = tree.scalar else { return nil }
    if case .text = tree {
      self = .text(text)
    } else if let value = Int(text) {
      self = .whole(value)
    } else if let value = Double(text) {
      self = .number(value)
    } else if let value = Bool(text) {
      self = .truth(value)
    } else {
      self = .text(text)
    }
  }

  package var tree: SettingTree { if case .text(let text) = self { .text(text) } else { .word(description) } }
}
