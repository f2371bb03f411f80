import MAEModels

/// A setting of a recipe, declared once: where it stands, what it is called, what it means, and which runs read it.
package struct Setting<Value: RecipeValue>: AnySetting {
  package let path: String
  package let flag: String?
  package let summary: String
  package private(set) var formerly: String?
  package private(set) var isFree = false
  package private(set) var origin = "the paper's"
  package private(set) var defaultText: String?
  package private(set) var needs: String?
  package let isInGroup: Bool
  private var form: String?
  private var named: @Sendable (String, Recipe) -> Value? = { _, _ in nil }
  private var isRead: @Sendable (Recipe) -> Bool = { _ in true }
  private var expected = ""
  private var isPossible: @Sendable (Value) -> Bool = { _ in true }
  private let value: @Sendable (Recipe) -> Value?
  private let assign: @Sendable (Value, inout Recipe) -> Void

  /// - Parameters:
  ///   - path: where it stands in files, e.g. `model.masking.ratio`.
  ///   - flag: what it is called on the command line, without the dashes; the name of the public training scripts if they have one.
  ///   - summary: what it means, one sentence.
  init(_ path: String, _ field: WritableKeyPath<Recipe, Value> & Sendable, flag: String? = nil, _ summary: String) {
    (self.path, self.flag, self.summary, isInGroup) = (path, flag, summary, false)
    value = { $0[keyPath: field] }
    assign = { $1[keyPath: field] = $0 }
  }

  /// A setting of a group that not every recipe has.
  init<Group>(
    _ path: String, in group: WritableKeyPath<Recipe, Group?> & Sendable, _ field: WritableKeyPath<Group, Value> & Sendable,
    flag: String? = nil, _ summary: String
  ) {
    (self.path, self.flag, self.summary, isInGroup) = (path, flag, summary, true)
    value = { $0[keyPath: group]?[keyPath: field] }
    assign = { $1[keyPath: group]?[keyPath: field] = $0 }
  }

  // MARK: - Declaring

  private func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// It changes how a run is carried out and not what comes out: a continued run may change it.
  var free: Self { with { $0.isFree = true } }

  /// Where defaults come from if not from the paper.
  func origin(_ text: String) -> Self { with { $0.origin = text } }

  /// The default in words, where the value does not tell.
  func byDefault(_ text: String) -> Self { with { $0.defaultText = text } }

  /// Where it stood in files of earlier versions.
  func formerly(_ path: String) -> Self { with { $0.formerly = path } }

  /// Names for values beside their own form; they may depend on the recipe.
  func named(_ form: String? = nil, _ named: @escaping @Sendable (String, Recipe) -> Value?) -> Self {
    with { ($0.form, $0.named) = (form, named) }
  }

  /// Only recipes of which `isRead` is true read it; `needs` says what that takes, where it is more than another method.
  func read(_ needs: String? = nil, when isRead: @escaping @Sendable (Recipe) -> Bool) -> Self {
    with { setting in
      let before = setting.isRead
      setting.isRead = { before($0) && isRead($0) }
      setting.needs = needs ?? setting.needs
    }
  }

  /// Only methods read it whose objective says so.
  func readByObjective(_ field: PartialKeyPath<ModelConfiguration> & Sendable) -> Self {
    read { $0.method.objective.reads.contains(field) }
  }

  /// Which values are possible, in words and as a test.
  func expecting(_ expected: String, _ isPossible: @escaping @Sendable (Value) -> Bool) -> Self {
    with { ($0.expected, $0.isPossible) = (expected, isPossible) }
  }

  // MARK: - Using

  package func isRead(by recipe: Recipe) -> Bool { value(recipe) != nil && isRead(recipe) }

  package func tree(in recipe: Recipe) -> SettingTree? { value(recipe)?.tree }

  package func text(in recipe: Recipe) -> String? {
    value(recipe).flatMap { $0.tree == .nothing ? nil : $0.text }
  }

  package func problem(in recipe: Recipe) -> String? {
    guard let value = value(recipe), !isPossible(value) else { return nil }
    var hint = ""
    // Shares are often written in percent.
    if let percent = value as? Double, (2...100).contains(percent), let share = percent / 100 as? Value, isPossible(share) {
      hint = "; did you mean \(share.text)?"
    }
    return "\(name) is \(value.text); expected \(expected)\(hint)"
  }

  package func choices(in catalogue: Catalogue) -> [String] { Value.choices(in: catalogue) }
  package func form(in catalogue: Catalogue) -> String { form ?? Value.form(in: catalogue) }

  package func set(_ tree: SettingTree, in recipe: inout Recipe, _ catalogue: Catalogue) -> Bool {
    if tree == .nothing, value(recipe) == nil { return true }
    guard let value = tree.scalar.flatMap({ named($0, recipe) }) ?? Value(tree, in: catalogue) else { return false }
    assign(value, &recipe)
    return true
  }
}

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
  /// The value in a file; nil where nothing would be written.
  func written(in recipe: Recipe) -> SettingTree? { tree(in: recipe).flatMap { $0 == .nothing ? nil : $0 } }

  /// What it means and what it is if not given, for help: `Hidden share of the tokens (default: the paper's: …).`
  ///
  /// - Parameters:
  ///   - byDefault: what is taken where it is not given, if not the methods' values.
  ///   - listsChoices: whether the names that a value can have are listed.
  package func help(_ byDefault: String? = nil, listsChoices: Bool = true, in catalogue: Catalogue = .builtIn) -> String {
    let choices = choices(in: catalogue)
    let list = choices.isEmpty || !listsChoices ? "" : ": \(choices.joined(separator: ", "))"
    return "\(summary)\(list) (default: \(byDefault ?? defaultText ?? publishedValues(catalogue)))."
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
