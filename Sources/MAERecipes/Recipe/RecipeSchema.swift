import MAEModels
import Yams

/// The keys that a recipe can have, and the shorthands that files may use.
enum RecipeSchema {
  /// Choices with payload: a file replaces them as a whole.
  static let whole: Set<String> = ["model.masking.rounding"]

  static func isInsideChoice(_ path: String) -> Bool { whole.contains { path.hasPrefix($0) } }

  /// A recipe in which every optional setting has a value, so that its tree has every key.
  private static var everything: SettingsTree {
    var recipe = Method.siammae.recipe(.base)
    recipe.model.encoder.blocks.layerScale = 0.1
    recipe.model.decoder?.blocks.layerScale = 0.1
    recipe.model.masking.decoderRatio = 0.5
    recipe.model.masking.masks = [""]
    recipe.model.masking.guide = GuideConfiguration(block: 1)
    recipe.model.target.predictedFrames = 1
    recipe.data.workers = 1
    recipe.data.cache = ""
    recipe.optimizer.learningRate = 1
    recipe.optimizer.clipGradient = 1
    recipe.schedule.steps = 1
    recipe.schedule.milestones = [0.5]
    recipe.schedule.factor = 0.1
    recipe.run.threads = 1
    recipe.run.saveEvery = 1
    recipe.run.keep = 1
    recipe.run.initialWeights = ""
    guard let tree = try? SettingsTree(of: recipe) else { preconditionFailure("RecipeSchema: cannot be written as YAML") }
    return written(tree)
  }

  /// One sentence for each key of `tree` that no recipe has.
  static func unknownKeys(in tree: SettingsTree) -> [String] {
    unknownKeys(in: tree.root, known: everything.root, path: "")
  }

  private static func unknownKeys(in node: Node, known: Node, path: String) -> [String] {
    guard let mapping = node.mapping, let knownMapping = known.mapping, !whole.contains(path) else { return [] }
    return mapping.flatMap { key, value -> [String] in
      let name = key.string ?? "?"
      let inner = path.isEmpty ? name : "\(path).\(name)"
      if let child = knownMapping[name] { return unknownKeys(in: value, known: child, path: inner) }
      let line = key.mark.map { "line \($0.line): " } ?? ""
      let hint = suggestion(for: name, at: path, among: knownMapping.keys.compactMap(\.string))
      return ["\(line)unknown key \(inner)\(hint)"]
    }
  }

  /// The nearest key at the same place; else a flag of that name; else the nearest key anywhere.
  private static func suggestion(for name: String, at path: String, among siblings: [String]) -> String {
    let prefix = path.isEmpty ? "" : path + "."
    if let nearest = SettingsKey.nearest(to: name, among: siblings) { return "; did you mean \(prefix)\(nearest)?" }
    if let flag = RecipeFlag.all.first(where: { $0.name == name }) { return "; did you mean \(flag.path)?" }
    let paths = everything.leaves.map(\.path)
    let names = Set(paths.compactMap { $0.split(separator: ".").last.map(String.init) })
    if let nearest = SettingsKey.nearest(to: name, among: names.sorted()),
      let home = paths.first(where: { $0 == nearest || $0.hasSuffix("." + nearest) })
    {
      return "; did you mean \(home)?"
    }
    return siblings.isEmpty ? "" : "; known here: \(siblings.joined(separator: ", "))"
  }

  /// The tree as it is written: the method stands at the top, where a reader looks for it.
  static func written(_ tree: SettingsTree) -> SettingsTree {
    guard let mapping = tree.root.mapping, let model = mapping["model"]?.mapping, let method = model["method"] else {
      return tree
    }
    let rest = Node(model.filter { $0.key.string != "method" }.map { ($0.key, $0.value) })
    var pairs: [(Node, Node)] = [(Node("method"), method)]
    pairs += mapping.map { ($0.key, $0.key.string == "model" ? rest : $0.value) }
    return SettingsTree(Node(pairs))
  }

  /// The tree as it is merged, `method` back in the model, without a null group.
  static func merged(_ tree: SettingsTree) -> SettingsTree {
    var tree = tree
    if let method = tree["method"] {
      tree["method"] = nil
      tree["model.method"] = method
    }
    return tree
  }

  /// `snake_case` keys as `kebab-case`, sizes and maskings spelled out.
  static func normalised(_ tree: SettingsTree) -> SettingsTree {
    var tree = SettingsTree(kebab(tree.root))
    if let method = tree["model.method"], tree["method"] == nil {
      tree["model.method"] = nil
      tree["method"] = method
    }
    if let text = tree["model.input.size"]?.scalar?.string, let size = RecipeText.size(text) {
      tree["model.input.size"] = Node([
        (Node("width"), Node(size.width.description)), (Node("height"), Node(size.height.description)),
      ])
    }
    if let text = tree["model.masking.kind"]?.string {
      tree["model.masking.kind"] = Node(RecipeText.masking(text))
    }
    return tree
  }

  private static func kebab(_ node: Node) -> Node {
    guard let mapping = node.mapping else { return node }
    let pairs = mapping.map { key, value -> (Node, Node) in
      let name = (key.string ?? "").replacing("_", with: "-")
      return (.scalar(Node.Scalar(name, Tag(.str), .any, key.mark)), kebab(value))
    }
    return .mapping(Node.Mapping(pairs, mapping.tag, mapping.style, mapping.mark))
  }
}
