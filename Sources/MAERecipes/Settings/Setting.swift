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
  ///   - flag: what it is called on the command line, without the dashes; the name of the public training scripts if they have
  ///     one.
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
    read { $0.model.objective.reads.contains(field) }
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

/// One value that stands above method, preset and what comes before it.
public struct RecipeChange: Sendable {
  package let setting: any AnySetting
  let tree: SettingTree
  /// Whether a file says so rather than the command line.
  let isFromFile: Bool
  /// Under which setting the value was given.
  private let called: any AnySetting

  init(_ setting: any AnySetting, _ tree: SettingTree, isFromFile: Bool = false, called: (any AnySetting)? = nil) {
    (self.setting, self.called) = (setting, called ?? setting)
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
  ///   - path: where the setting stands in a file, e.g. `model.masking.ratio`; a leading `model.` may be left
  ///     out, and options of a masking may stand beside its settings.
  ///   - text: its value, as the command line or a file takes it.
  /// - Throws: ``RecipeError`` when there is no such setting; it names the nearest one.
  public init(path: String, text: String, in catalogue: Catalogue = .builtIn) throws(RecipeError) {
    let path = path.replacing("_", with: "-")
    guard
      let setting = Settings.at(path) ?? Settings.at("model." + path)
        ?? Settings.optionPath(path, in: catalogue).flatMap(Settings.at)
    else {
      throw RecipeError("there is no setting \(path)\(Settings.suggestion(for: path))")
    }
    self.init(setting, .word(text))
  }

  /// The value as a person wrote it.
  package var written: String { tree.scalar ?? tree.description }

  /// What the setting is called where the value was given.
  var name: String { isFromFile ? called.path : called.name }

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
    let form = setting.form(in: catalogue)
    let share = form.hasPrefix("a number") && found.hasSuffix("%") ? Double(found.dropLast()).map { "\($0 / 100)" } : nil
    let nearest = share ?? NearestName.of(found, among: setting.choices(in: catalogue))
    return RecipeError("\(name) is \(found); expected \(form)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
  }
}
