import MAEModels

/// A setting, whatever its values are.
package protocol AnySetting: Sendable {
  var path: String { get }
  var flag: String? { get }
  var summary: String { get }
  var formerly: String? { get }
  var isFree: Bool { get }
  var origin: String { get }
  var defaultText: String? { get }
  var needs: String? { get }
  /// Whether it belongs to a group that not every recipe has.
  var isInGroup: Bool { get }

  /// Whether another value would make another run.
  func isRead(by recipe: Recipe) -> Bool
  /// The value as files hold it; nil where its group is missing.
  func tree(in recipe: Recipe) -> SettingTree?
  /// The value for messages; nil where there is none.
  func text(in recipe: Recipe) -> String?
  /// What is impossible about the value, one sentence.
  func problem(in recipe: Recipe) -> String?
  /// The names that a value can have, where it has names.
  func choices(in catalogue: Catalogue) -> [String]
  /// What a value looks like: `a whole number`.
  func form(in catalogue: Catalogue) -> String
  /// Puts a value in its place; nothing happens where its group is missing.
  ///
  /// - Returns: whether the tree is such a value.
  func set(_ tree: SettingTree, in recipe: inout Recipe, _ catalogue: Catalogue) -> Bool
}

extension AnySetting {
  /// What it is called on the command line; its path where it has no flag.
  package var name: String { flag.map { "--\($0)" } ?? path }

  /// The value in a file; nil where nothing would be written.
  func written(in recipe: Recipe) -> SettingTree? { tree(in: recipe).flatMap { $0 == .nothing ? nil : $0 } }

  /// What it means and what it is if not given, for help: `Hidden share of the tokens (default: the paper's: …).`
  ///
  /// - Parameters:
  ///   - byDefault: what is taken where it is not given, if not the methods' values.
  ///   - meaning: what it means where that is not quite its summary.
  ///   - listsChoices: whether the names that a value can have are listed.
  package func help(
    _ byDefault: String? = nil, meaning: String? = nil, listsChoices: Bool = true, in catalogue: Catalogue = .builtIn
  ) -> String {
    let choices = choices(in: catalogue)
    let list = choices.isEmpty || !listsChoices ? "" : ": \(choices.joined(separator: ", "))"
    return "\(meaning ?? summary)\(list) (default: \(byDefault ?? defaultText ?? publishedValues(catalogue)))."
  }

  /// What the methods that read it have, at the size that is taken when none is asked for: one value, or each with its methods.
  private func publishedValues(_ catalogue: Catalogue) -> String {
    var values: [(text: String, methods: [String])] = []
    for method in catalogue.methods {
      let recipe = method.recipe(Recipe.defaultPreset)
      guard isRead(by: recipe), let text = text(in: recipe) else { continue }
      if let known = values.firstIndex(where: { $0.text == text }) {
        values[known].methods.append(method.name)
      } else {
        values.append((text, [method.name]))
      }
    }
    if values.isEmpty { return "none" }
    if values.count == 1 { return "\(values[0].text), \(origin)" }
    return "\(origin): " + values.map { "\($0.text) of \($0.methods.joined(separator: ", "))" }.joined(separator: "; ")
  }
}
