import MAEModels

/// A recipe in a word: a preset, a method or a configuration file, and settings behind it.
///
///     tiny                                          the preset's, of the method that fits the data
///     crossmae:preset=tiny:lr=1e-3                  a method's, with settings by their flags
///     tiny:model.encoder.blocks.depth=6             or by their places in a configuration file
///     mae-base-in1k:batch-size=32                   a paper's, see PublishedRecipe
///     recipes/mine.yaml:batch-size=64               a file's
public struct NamedRecipe: Hashable, Sendable {
  /// The word; of a file its name without folder and ending.
  public var name: String
  /// What it stands for.
  public var recipe: Recipe

  /// - Parameters:
  ///   - text: the word.
  ///   - method: where neither the word nor its file names one.
  ///   - changes: values above those of the word.
  ///   - shorthands: first words that stand for whole recipes, beside the papers'.
  /// - Throws: ``RecipeError`` when there is no such preset, method, setting or value, or when a setting has no effect;
  ///   ``FileError`` when there is no such file.
  public init(
    _ text: String, method: Method, changes: [RecipeChange] = [], shorthands: [String: String] = [:],
    in catalogue: Catalogue = .builtIn
  ) throws {
    let given = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let meant = (shorthands[given[0]] ?? PublishedRecipe.named(given[0])?.words)?.split(separator: ":").map(String.init)
    let parts = meant ?? given
    var (settings, file): ([RecipeChange], RecipeFile?) = ([], nil)
    if parts[0].hasSuffix(".yaml") || parts[0].hasSuffix(".yml") {
      file = try RecipeFile(path: parts[0], in: catalogue)
    } else {
      settings.append(try Self.start(parts[0], in: catalogue))
    }
    settings += try parts.dropFirst().map { try Self.setting($0, of: text, in: catalogue) }
    let added = try (meant == nil ? [] : given.dropFirst()).map { try Self.setting($0, of: text, in: catalogue) } + changes
    func value<Value>(_ setting: KeyPath<Settings, Setting<Value>>) throws(RecipeError) -> Value? {
      let path = Settings.shared[keyPath: setting].path
      return try (settings + added).last { $0.setting.path == path }?.value(of: setting, in: catalogue)
    }
    func isOfRecipe(_ change: RecipeChange) -> Bool {
      ![Settings.shared.method.path, Settings.shared.preset.path].contains(change.setting.path)
    }
    // What stands for a recipe is whole before anything is laid over it, so that epochs take the place of its steps, and a base
    // rate that of its rate; values of one layer stand beside each other.
    var resolved = try Recipe.resolve(
      method: value(\.method) ?? file?.method ?? method, preset: value(\.preset), file: file,
      changes: (meant == nil ? settings + added : settings).filter(isOfRecipe), in: catalogue)
    if meant != nil { resolved = try resolved.recipe.resolved(added.filter(isOfRecipe), in: catalogue) }
    try resolved.requireNoneIgnored()
    let word = file == nil ? parts[0] : parts[0].split(separator: "/").last.map { String($0.prefix { $0 != "." }) } ?? parts[0]
    name = ([meant == nil ? word : given[0]] + given.dropFirst()).joined(separator: ":")
    recipe = resolved.recipe
  }

  /// A preset or a method.
  private static func start(_ word: String, in catalogue: Catalogue) throws(RecipeError) -> RecipeChange {
    let (preset, method) = (RecipeChange(\.preset, written: word), RecipeChange(\.method, written: word))
    if (try? preset.value(of: \.preset, in: catalogue)) != nil { return preset }
    if (try? method.value(of: \.method, in: catalogue)) != nil { return method }
    let known = ModelSize.allCases.map(\.rawValue) + catalogue.methods.map(\.name) + PublishedRecipe.all.map(\.name)
    let nearest = NearestName.of(word, among: known).map { "; did you mean \($0)?" } ?? ""
    throw RecipeError(
      """
      a recipe begins with a preset (\(ModelSize.allCases.map(\.rawValue).joined(separator: ", "))), a method, a paper's \
      recipe as mae-base-in1k (mae pretrain --help lists them), or a .yaml file, and there is no '\(word)'\(nearest)
      """)
  }

  /// `flag=value` or `place=value`.
  private static func setting(_ text: String, of recipe: String, in catalogue: Catalogue) throws(RecipeError) -> RecipeChange {
    guard let mark = text.firstIndex(of: "=") else {
      throw RecipeError("the recipe \(recipe) has '\(text)'; expected settings as lr=1e-3, a colon before each")
    }
    let (name, value) = (String(text[..<mark]).replacing("_", with: "-"), String(text[text.index(after: mark)...]))
    if let known = Settings.all.first(where: { $0.flag == name }) { return RecipeChange(known, written: value) }
    if !name.contains("."), let nearest = NearestName.of(name, among: Settings.all.compactMap(\.flag)) {
      throw RecipeError("the recipe \(recipe) has the setting \(name), which there is not; did you mean \(nearest)?")
    }
    return try RecipeChange(path: name, text: value, in: catalogue)
  }
}
