import MAEModels

/// A recipe, and what was asked for that it does not read.
public struct ResolvedRecipe: Hashable, Sendable {
  /// What a run does.
  public var recipe: Recipe
  /// Settings of the command line, and those of a file whose value is not the default, that change nothing.
  public var ignored: [IgnoredSetting]

  package init(recipe: Recipe, ignored: [IgnoredSetting] = []) { (self.recipe, self.ignored) = (recipe, ignored) }

  /// Refuses settings that change nothing; a run that is already under way goes on with them instead.
  ///
  /// - Throws: ``RecipeError`` that names them and the methods that have them.
  public func requireNoneIgnored() throws(RecipeError) {
    guard let first = ignored.first else { return }
    let same = ignored.filter { $0.file == first.file }
    throw RecipeError(
      problems: same.map { "\($0.description); leave it out" }, origin: first.file.map { .file($0) } ?? .commandLine)
  }
}

/// A setting that was given and changes nothing; its description says why.
public struct IgnoredSetting: Hashable, Sendable, CustomStringConvertible {
  /// Where the setting stands in a recipe.
  public let path: String
  /// The file that gives it; nil for the command line.
  public let file: String?
  /// What would read it, e.g. "--norm-pix-loss has no effect with simmim (methods that have it: mae, videomae)".
  public let description: String

  init(_ change: RecipeChange, _ recipe: Recipe, file: String?, in catalogue: Catalogue) {
    let methods = catalogue.methods.filter { change.setting.isRead(by: $0.recipe(recipe.preset)) }
    var reasons: [String] = []
    if let needs = change.setting.needs { reasons.append("it needs \(needs)") }
    if !methods.isEmpty, !methods.contains(recipe.method) {
      reasons.append("methods that have it: \(methods.map(\.name).joined(separator: ", "))")
    }
    let reason = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
    let sentence = "\(change.name) has no effect with \(recipe.method)\(reason)"
    path = change.setting.path
    self.file = file
    description = file == nil ? sentence : Settings.inFileSpelling(sentence)
  }
}
