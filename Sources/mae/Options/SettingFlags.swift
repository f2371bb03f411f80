import ArgumentParser
import MAERecipes

/// Flags that are settings of a recipe; each changes the field that its setting names.
protocol SettingFlags: ParsableArguments {}

extension SettingFlags {
  /// What the flags say that were given, in the order of declaration.
  var given: [RecipeChange] {
    Mirror(reflecting: self).children.compactMap { ($0.value as? Option<RecipeChange?>)?.wrappedValue }
  }
}

extension Option {
  /// A flag that takes a value of a setting; name and help are the setting's.
  init<Content>(
    _ setting: KeyPath<Settings, Setting<Content>>, byDefault: String? = nil, valueName: String? = nil
  ) where Value == RecipeChange? {
    let declared = Settings.shared[keyPath: setting]
    self.init(
      name: .customLong(declared.option), parsing: .unconditional,
      help: ArgumentHelp(declared.help(byDefault), valueName: valueName),
      transform: { RecipeChange(declared, written: $0) })
  }

  /// A flag that takes several values of a setting, separated by commas.
  init<Content>(
    listOf setting: KeyPath<Settings, Setting<Content>>, name: String? = nil, byDefault: String? = nil
  ) where Value == [RecipeChange]? {
    let declared = Settings.shared[keyPath: setting]
    self.init(
      name: .customLong(name ?? declared.option), parsing: .unconditional,
      help: ArgumentHelp("Several by commas: " + declared.help(byDefault)),
      transform: { $0.split(separator: ",").map { RecipeChange(declared, written: String($0)) } })
  }
}

extension Flag where Value == Bool? {
  /// A flag with its opposite, `--no-…`; name and help are the setting's.
  init<Content>(_ setting: KeyPath<Settings, Setting<Content>>) {
    let declared = Settings.shared[keyPath: setting]
    self.init(name: .customLong(declared.option), inversion: .prefixedNo, help: ArgumentHelp(declared.help(listsChoices: false)))
  }
}

extension ArgumentHelp {
  fileprivate init(_ text: String, valueName: String? = nil) {
    self.init(stringLiteral: text)
    self.valueName = valueName
  }
}

extension AnySetting {
  /// The name of its option, without the dashes.
  fileprivate var option: String { flag ?? path.replacing(".", with: "-") }
}
