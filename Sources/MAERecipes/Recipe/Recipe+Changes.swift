import MAECore
import MAEModels

extension Recipe {
  /// Lays values over this recipe, and what follows from them.
  ///
  /// - Throws: ``RecipeError`` with a sentence for each text that is not a value of its setting.
  package mutating func apply(_ changes: [RecipeChange], in catalogue: Catalogue = .builtIn) throws(RecipeError) {
    let base = self
    var problems: [String] = []
    // A masking decides whether there is a guide to have values.
    for isInGroup in [false, true] {
      if isInGroup { addGroups() }
      for change in changes where change.setting.isInGroup == isInGroup {
        do throws(RecipeError) { try change.apply(to: &self, in: catalogue) } catch { problems += error.problems }
      }
    }
    guard problems.isEmpty else { throw RecipeError(problems: problems) }
    follow(base, given: Set(changes.map(\.setting.path)))
  }

  /// Self-guided masking has a guide and its schedule, and nothing else has.
  private mutating func addGroups() {
    let isGuided = model.masking.kind == .selfGuided
    model.masking.guide = isGuided ? model.masking.guide ?? GuideConfiguration() : nil
    guidance = isGuided ? guidance ?? GuidanceRecipe() : nil
  }

  /// Sets what follows from values that were given, unless it was given as well.
  private mutating func follow(_ base: Recipe, given: Set<String>) {
    func isGiven<Value>(_ setting: KeyPath<Settings, Setting<Value>>) -> Bool {
      given.contains(Settings.shared[keyPath: setting].path)
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
    if isGiven(\.steps), schedule.steps != nil {
      schedule.epochs = nil
    } else if isGiven(\.epochs), schedule.epochs != nil {
      schedule.steps = nil
    }
    if isGiven(\.baseRate), !isGiven(\.rate) { optimizer.learningRate = nil }
    if isGiven(\.warmupEpochs), !isGiven(\.warmupShare) { schedule.warmupShare = nil }
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
