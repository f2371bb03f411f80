import MAECore
import MAEModels

extension Recipe {
  /// The recipe that method, preset, file and changes give together, in that order of precedence.
  ///
  /// Values that follow others follow them: the width of a feed-forward part its block's width, mean and deviation the number
  /// of channels, predicted frames the number of frames.
  ///
  /// - Throws: ``RecipeError`` with every problem found, and whether the command line or the file is at fault.
  public static func resolve(
    method: Method? = nil, preset: ModelSize? = nil, file: RecipeFile? = nil, changes: [RecipeChange] = [],
    in catalogue: Catalogue = .builtIn
  ) throws(RecipeError) -> ResolvedRecipe {
    let (method, preset) = try layers(method: method, preset: preset, file: file)
    return try method.recipe(preset).resolved(by: file, changes, in: catalogue)
  }

  /// This recipe with a file's values and, above them, others.
  ///
  /// - Throws: as ``resolve(method:preset:file:changes:in:)``.
  public func resolved(
    by file: RecipeFile? = nil, _ changes: [RecipeChange], in catalogue: Catalogue = .builtIn
  ) throws(RecipeError) -> ResolvedRecipe {
    let recipe = try changed(by: file, changes, in: catalogue)
    let problems = recipe.problems
    guard problems.isEmpty else {
      let error = RecipeError(problems: problems)
      guard let file else { throw error }
      // The file is at fault unless the flags alone fail as well.
      let alone = try? changed(by: nil, changes, in: catalogue)
      throw alone?.problems.isEmpty == true ? error.from(.file(file.path)) : error
    }
    let ofFile = if let file { try ignored(file, in: catalogue) } else { [IgnoredSetting]() }
    return ResolvedRecipe(recipe: recipe, ignored: ofFile + recipe.ignored(changes, in: catalogue))
  }

  /// Settings of the command line that this recipe does not read.
  package func ignored(_ changes: [RecipeChange], in catalogue: Catalogue = .builtIn) -> [IgnoredSetting] {
    changes.filter { !$0.setting.isRead(by: self) }.map { IgnoredSetting($0, self, file: nil, in: catalogue) }
  }

  /// Values of a file over this recipe that change nothing; what the command line makes of them is another matter.
  private func ignored(_ file: RecipeFile, in catalogue: Catalogue) throws(RecipeError) -> [IgnoredSetting] {
    let recipe = try changed(by: file, [], in: catalogue)
    return file.changes.filter { change in
      let isDefault = change.setting.written(in: recipe) == change.setting.written(in: self)
      return change.tree != .nothing && !change.setting.isRead(by: recipe)
        && (!isDefault || change.setting.tree(in: recipe) == nil)
    }.map { IgnoredSetting($0, recipe, file: file.path, in: catalogue) }
  }

  /// This recipe with a file's values and others above them.
  private func changed(
    by file: RecipeFile?, _ changes: [RecipeChange], in catalogue: Catalogue
  ) throws(RecipeError) -> Recipe {
    var recipe = self
    if let file {
      if file.isOlderThanKeptShare { recipe.optimizer.scalesByKeptShare = nil }
      do {
        try recipe.apply(file.changes, in: catalogue)
      } catch {
        throw error.from(.file(file.path))
      }
    }
    try recipe.apply(changes, in: catalogue)
    let isBaseRateGiven = ((file?.changes ?? []) + changes).contains { $0.setting.path == Settings.shared.baseRate.path }
    if recipe.optimizer.learningRate == nil, !isBaseRateGiven { recipe.optimizer.learningRate = recipe.quickLearningRate }
    return recipe
  }

  /// Method and preset: from the flags, else from the file; contradictions are errors, since one of the two would have no effect.
  private static func layers(
    method: Method?, preset: ModelSize?, file: RecipeFile?
  ) throws(RecipeError) -> (Method, ModelSize) {
    guard let file else { return (method ?? .videomae, preset ?? defaultPreset) }
    let stored: (method: Method?, preset: ModelSize?)
    do {
      stored = (try file.value(of: \.method), try file.value(of: \.preset))
    } catch {
      throw error.from(.file(file.path))
    }
    if let method, let other = stored.method, method != other { throw contradiction("method", method.name, file, other.name) }
    if let preset, let other = stored.preset, preset != other, file.hasSettings(below: "model.encoder") {
      throw contradiction("preset", preset.rawValue, file, other.rawValue)
    }
    return (method ?? stored.method ?? .videomae, preset ?? stored.preset ?? defaultPreset)
  }

  private static func contradiction(_ key: String, _ given: String, _ file: RecipeFile, _ stored: String) -> RecipeError {
    RecipeError("--\(key) \(given) contradicts \(file.path), which says \(key): \(stored) and has its values; leave one out")
  }

  /// 1e-3 for the small models that are pretrained with small batches, where the published rule gives rates at which a short run
  /// learns nothing.
  private var quickLearningRate: Double? {
    let isQuick = fineTuning == nil && (preset == .tiny || preset == .small) && effectiveBatch < Recipe.quickBatchLimit
    return isQuick ? Recipe.quickLearningRate : nil
  }

  /// The rate of tiny and small models when the effective batch is below ``quickBatchLimit``.
  public static let quickLearningRate = 1e-3
  /// The effective batch from which on small models are trained by the paper's rule as well.
  public static let quickBatchLimit = 256
}

extension Recipe {
  /// Lays values over this recipe, and what follows from them.
  ///
  /// - Throws: ``RecipeError`` with a sentence for each text that is not a value of its setting.
  package mutating func apply(_ changes: [RecipeChange], in catalogue: Catalogue = .builtIn) throws(RecipeError) {
    if model.classifier == nil, changes.contains(where: { $0.setting.path.hasPrefix("model.classifier.") && $0.tree != .nothing })
    {
      // What a stored run of fine-tuning says stands over a classifier, not over what its method pretrains.
      model = model.classifying(ClassifierConfiguration(classes: [], pooling: .mean))
      fineTuning = FineTuningRecipe()
    }
    let base = self
    let changes = changes.flatMap { $0.unfolded }
    var problems: [String] = []
    // A masking decides whether there is a guide to have values.
    for isInGroup in [false, true] {
      if isInGroup { addGroups(base) }
      for change in changes where change.setting.isInGroup == isInGroup {
        do throws(RecipeError) { try change.apply(to: &self, in: catalogue) } catch { problems += error.problems }
      }
    }
    guard problems.isEmpty else { throw RecipeError(problems: problems) }
    follow(base, given: Set(changes.map(\.setting.path)))
  }

  /// Self-guided masking has a guide, and every guided masking its schedule; nothing else has.
  private mutating func addGroups(_ base: Recipe) {
    model.masking.guide = model.masking.kind == .selfGuided ? model.masking.guide ?? GuideConfiguration() : nil
    let own = (model.masking.kind.type as? any GuidedMasking.Type)?.schedule(forClips: data.sampling.isClip)
    guidance = model.masking.kind == base.model.masking.kind ? guidance ?? own : own
  }

  /// Sets what follows from values that were given, unless it was given as well.
  private mutating func follow(_ base: Recipe, given: Set<String>) {
    func isGiven<Value>(_ setting: KeyPath<Settings, Setting<Value>>) -> Bool {
      given.contains(Settings.shared[keyPath: setting].path)
    }
    // One value takes the place of stages, too.
    for (value, stages) in Settings.staged where given.contains(value.path) && !given.contains(stages.path) {
      _ = stages.set(.nothing, in: &self, .builtIn)
    }
    if isGiven(\.encoderWidth), !isGiven(\.encoderFeedForward) { model.encoder.blocks.widen(from: base.model.encoder.blocks) }
    if isGiven(\.decoderWidth), !isGiven(\.decoderFeedForward), let old = base.model.decoder?.blocks {
      model.decoder?.blocks.widen(from: old)
    }
    if isGiven(\.frames), !isGiven(\.predictedFrames), let predicted = base.model.target.predictedFrames,
      2 * predicted == base.model.input.frames
    {
      model.target.predictedFrames = model.input.frames / 2
    }
    if isGiven(\.channels) {
      if !isGiven(\.mean) { model.input.mean.fit(model.input.channels) }
      if !isGiven(\.deviation) { model.input.deviation.fit(model.input.channels) }
    }
    // One length takes the place of another; a time that stands beside one limits it.
    let isTimeGiven = isGiven(\.maxTime) && schedule.maxTime != nil
    if isGiven(\.steps), schedule.steps != nil {
      schedule.epochs = nil
      if !isTimeGiven { schedule.maxTime = nil }
    } else if isGiven(\.epochs), schedule.epochs != nil {
      schedule.steps = nil
      if !isTimeGiven { schedule.maxTime = nil }
    } else if isTimeGiven {
      (schedule.steps, schedule.epochs) = (nil, nil)
    }
    if isGiven(\.pooling), !isGiven(\.encoderFinalNorm), let classifier = model.classifier {
      model = model.classifying(classifier)
    }
    if isGiven(\.baseRate), !isGiven(\.rate) { optimizer.learningRate = nil }
    if isGiven(\.warmupEpochs), !isGiven(\.warmupShare) { schedule.warmupShare = nil }
    if isGiven(\.warmupEpochs), !isGiven(\.warmupSteps) { schedule.warmupSteps = nil }
  }
}

extension BlockConfiguration {
  /// The hidden width of feed-forward parts grows with the width where it was four times as large.
  fileprivate mutating func widen(from old: BlockConfiguration) {
    if old.feedForwardWidth == 4 * old.width { feedForwardWidth = 4 * width }
  }
}

extension [Float] {
  /// Statistics of colour for another number of channels: grey takes the mean, a fourth channel (alpha) 0.5.
  fileprivate mutating func fit(_ channels: PixelChannels) {
    switch (count, channels) {
    case (3, .grey): self = [((reduce(0, +) / 3) * 1000).rounded() / 1000]
    case (3, .rgba): self += [0.5]
    default: break
    }
  }
}
