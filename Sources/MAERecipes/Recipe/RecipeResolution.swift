import MAEModels
import Yams

extension Recipe {
  /// The recipe that method, preset, file and flags give together, in that order of precedence.
  ///
  /// Values that follow others follow them: the width of a feed-forward part its block's width, mean and deviation the number
  /// of channels, predicted frames the number of frames.
  ///
  /// - Throws: ``RecipeError`` with every problem found, and whether the command line or the file is at fault.
  public static func resolve(
    method: Method? = nil, preset: ModelSize? = nil, file: RecipeFile? = nil, changes: [RecipeChange] = []
  ) throws(RecipeError) -> Recipe {
    let recipe: Recipe
    do {
      recipe = try combine(method: method, preset: preset, file: file, changes: changes)
    } catch {
      throw blamed(error, file, method, preset, changes)
    }
    let problems = recipe.problems
    guard problems.isEmpty else { throw blamed(RecipeError(problems: problems), file, method, preset, changes) }
    return recipe
  }

  /// The file is at fault unless the flags alone fail as well.
  private static func blamed(
    _ error: RecipeError, _ file: RecipeFile?, _ method: Method?, _ preset: ModelSize?, _ changes: [RecipeChange]
  ) -> RecipeError {
    guard let file, error.origin == .commandLine else { return error }
    guard let alone = try? combine(method: method, preset: preset, file: nil, changes: changes), alone.problems.isEmpty else {
      return error
    }
    return error.from(.file(file.path))
  }

  private static func combine(
    method: Method?, preset: ModelSize?, file: RecipeFile?, changes: [RecipeChange]
  ) throws(RecipeError) -> Recipe {
    let (method, preset) = try layers(method: method, preset: preset, file: file)
    guard var tree = try? SettingsTree(of: method.recipe(preset)) else {
      preconditionFailure("Recipe: cannot be written as YAML")
    }
    if let file { tree = try laying(RecipeSchema.merged(file.tree), over: tree, method: method) }
    var flags = SettingsTree()
    for change in changes { flags[change.path] = change.node }
    tree = try laying(flags, over: tree, method: method)
    var recipe = try tree.decode(Recipe.self)
    if recipe.optimizer.learningRate == nil { recipe.optimizer.learningRate = recipe.quickLearningRate(above: file, changes) }
    return recipe
  }

  /// Method and preset: from the flags, else from the file; contradictions are errors, since one of the two would have no effect.
  private static func layers(
    method: Method?, preset: ModelSize?, file: RecipeFile?
  ) throws(RecipeError) -> (Method, ModelSize) {
    func value<Choice: Equatable>(
      _ key: String, _ given: Choice?, among known: [(name: String, choice: Choice)]
    ) throws(RecipeError) -> Choice? {
      guard let file, let text = file.tree[key]?.string else { return given }
      guard let stored = known.first(where: { $0.name == text })?.choice else {
        let names = known.map(\.name).joined(separator: ", ")
        throw RecipeError("\(key) is \(text); expected one of \(names)", origin: .file(file.path))
      }
      if let given, given != stored, key == "method" || file.tree["model.encoder"] != nil {
        throw RecipeError(
          "--\(key) \(given) contradicts \(file.path), which says \(key): \(stored) and has its values; leave one out"
        )
      }
      return given ?? stored
    }
    let method = try value("method", method, among: Catalogue.builtIn.methods.map { ($0.name, $0) })
    let preset = try value("preset", preset, among: ModelSize.allCases.map { ($0.rawValue, $0) })
    return (method ?? .videomae, preset ?? defaultPreset)
  }

  private static func laying(
    _ layer: SettingsTree, over base: SettingsTree, method: Method
  ) throws(RecipeError) -> SettingsTree {
    if base["model.decoder"] == nil, let path = layer.leaves.first(where: { $0.path.hasPrefix("model.decoder.") })?.path {
      throw RecipeError("\(RecipeFlag.name(of: path)): \(method.name) has no decoder")
    }
    if base["model.decoder.cross"] == nil,
      let path = layer.leaves.first(where: { $0.path.hasPrefix("model.decoder.cross") })?.path
    {
      throw RecipeError("\(RecipeFlag.name(of: path)): the decoder of \(method.name) does not attend another frame")
    }
    if base["model.masking.guide"] == nil, layer["model.masking.kind"]?.string != SelfGuidedMasking.kind,
      let path = layer.leaves.first(where: { $0.path.hasPrefix("model.masking.guide") && $0.node.null == nil })?.path
    {
      let kind = layer["model.masking.kind"]?.string ?? base["model.masking.kind"]?.string ?? ""
      throw RecipeError("\(RecipeFlag.name(of: path)): masking '\(kind)' has no guide; choose --mask-type self-guided")
    }
    var layer = layer
    layer.addFollowers(of: base)
    return base.merging(layer, whole: RecipeSchema.whole)
  }

  /// 1e-3 for the small models with small batches, where the published rule gives rates at which a short run learns nothing.
  private func quickLearningRate(above file: RecipeFile?, _ changes: [RecipeChange]) -> Double? {
    let base = "optimizer.base-learning-rate"
    guard preset == .tiny || preset == .small, effectiveBatch < Recipe.quickBatchLimit else { return nil }
    guard !changes.contains(where: { $0.path == base }), file?.tree[base] == nil else { return nil }
    return Recipe.quickLearningRate
  }

  /// The rate of tiny and small models when the effective batch is below ``quickBatchLimit``.
  public static let quickLearningRate = 1e-3
  public static let quickBatchLimit = 256
}

extension SettingsTree {
  /// Adds the values that follow from this layer's own, unless the layer has them.
  fileprivate mutating func addFollowers(of base: SettingsTree) {
    for stack in ["model.encoder.blocks", "model.decoder.blocks"] {
      let hidden = "\(stack).feed-forward-width"
      guard let width = self["\(stack).width"]?.int, self[hidden] == nil else { continue }
      if let old = base["\(stack).width"]?.int, base[hidden]?.int == 4 * old { self[hidden] = Node((4 * width).description) }
    }
    if let frames = self["model.input.frames"]?.int, self["model.target.predicted-frames"] == nil,
      let old = base["model.input.frames"]?.int, let predicted = base["model.target.predicted-frames"]?.int, 2 * predicted == old
    {
      self["model.target.predicted-frames"] = Node((frames / 2).description)
    }
    if let channels = self["model.input.channels"]?.int {
      for key in ["model.input.mean", "model.input.deviation"] where self[key] == nil {
        if let values = base[key]?.sequence?.compactMap(\.float), let fitted = Self.fitted(values, to: channels) {
          self[key] = Node(fitted.map { Node($0.description) }, Tag(.seq), .flow)
        }
      }
    }
    if let kind = self["model.masking.kind"]?.string {
      let guide = "model.masking.guide"
      if kind != SelfGuidedMasking.kind {
        self[guide] = Node.nothing
      } else if base[guide] == nil, let defaults = try? SettingsTree(of: GuideConfiguration()) {
        self[guide] = self[guide].map { defaults.merging(SettingsTree($0)).root } ?? defaults.root
      }
    }
    func isSet(_ key: String) -> Bool { self[key] != nil && self[key]?.null == nil }
    let null = Node.nothing
    if isSet("schedule.steps") {
      self["schedule.epochs"] = null
    } else if isSet("schedule.epochs") {
      self["schedule.steps"] = null
    }
    if isSet("optimizer.base-learning-rate"), self["optimizer.learning-rate"] == nil { self["optimizer.learning-rate"] = null }
    if isSet("schedule.warmup-epochs"), self["schedule.warmup-share"] == nil { self["schedule.warmup-share"] = null }
  }

  /// Colour statistics for another number of channels: grey takes the mean, a fourth channel (alpha) 0.5.
  private static func fitted(_ values: [Double], to channels: Int) -> [Double]? {
    switch (values.count, channels) {
    case (3, 1): [((values.reduce(0, +) / 3) * 1000).rounded() / 1000]
    case (3, 4): values + [0.5]
    default: nil
    }
  }
}

extension RecipeChange {
  fileprivate var node: Node {
    switch value {
    case .whole(let number): Node(number.description)
    case .number(let number): Node(number.description)
    case .truth(let value): Node(value.description)
    case .list(let numbers): Node(numbers.map { Node(RecipeText.exact($0)) }, Tag(.seq), .flow)
    case .texts(let texts): Node(texts.map { Node($0, Tag(.str), .singleQuoted) })
    case .none: Node.nothing
    case .text(let text): special(text) ?? Node(text, Tag(.str), .singleQuoted)
    }
  }

  /// Texts that stand for something with parts.
  private func special(_ text: String) -> Node? {
    switch path {
    case "model.input.size":
      RecipeText.size(text).map {
        Node([(Node("width"), Node($0.width.description)), (Node("height"), Node($0.height.description))])
      }
    case "model.masking.kind": Node(RecipeText.masking(text))
    case "run.seed", "run.recompute": Node(text)
    default: nil
    }
  }
}
