import ArgumentParser
import MaskedAutoencoders

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
  ///
  /// - Parameters:
  ///   - defaults: of the command that has the flag.
  ///   - byDefault: what is taken where it is not given, where the command's defaults do not tell.
  init<Content>(
    _ setting: KeyPath<Settings, Setting<Content>>, of defaults: any RunDefaults.Type = PretrainingDefaults.self,
    byDefault: String? = nil, valueName: String? = nil
  ) where Value == RecipeChange? {
    let declared = Settings.shared[keyPath: setting]
    self.init(
      name: .customLong(declared.option), parsing: .unconditional,
      help: ArgumentHelp(declared, defaults, byDefault: byDefault, valueName: valueName),
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

extension Flag where Value == Bool {
  /// A flag that is off unless given; name and help are the setting's.
  init<Content>(wrappedValue: Bool, _ setting: KeyPath<Settings, Setting<Content>>) {
    let declared = Settings.shared[keyPath: setting]
    self.init(
      wrappedValue: wrappedValue, name: .customLong(declared.option), help: ArgumentHelp(declared.help(listsChoices: false)))
  }
}

extension ArgumentHelp {
  fileprivate init(_ text: String) { self.init(stringLiteral: text) }

  fileprivate init(
    _ setting: any AnySetting, _ defaults: any RunDefaults.Type, byDefault: String?, valueName: String?
  ) {
    self.init(stringLiteral: setting.help(byDefault ?? defaults.value(of: setting), meaning: defaults.meaning(of: setting)))
    self.valueName = valueName
    if !defaults.has(setting) { visibility = .private }
  }
}

extension AnySetting {
  /// The name of its option, without the dashes.
  var option: String { flag ?? path.replacing(".", with: "-") }
}

/// Flags that describe the model.
struct ModelOptions: SettingFlags {
  @Option(\.inputSize, valueName: "pixels") var inputSize: RecipeChange?
  @Option(\.patch) var patchSize: RecipeChange?
  @Option(\.frames) var numFrames: RecipeChange?
  @Option(\.tubelet) var tubeletSize: RecipeChange?
  @Option(\.channels) var channels: RecipeChange?
  @Option(\.mean) var mean: RecipeChange?
  @Option(\.deviation) var std: RecipeChange?
  @Option(\.stem) var stem: RecipeChange?
  @Option(\.views, valueName: "names") var views: RecipeChange?
  @Option(\.vector, valueName: "name:length") var vector: RecipeChange?
  @Option(\.maskType, valueName: "name|file") var maskType: RecipeChange?
  @Option(\.maskRatio) var maskRatio: RecipeChange?
  @Option(\.decoderMaskRatio) var decoderMaskRatio: RecipeChange?
  @Option(\.keptRatio) var keptMaskRatio: RecipeChange?
  @Option(\.guideStart, valueName: "epoch|auto") var guideStart: RecipeChange?
  @Option(\.guideMode) var guideMode: RecipeChange?
  @Option(\.guideBlock) var guideLayer: RecipeChange?
  @Option(\.guideRelations) var guideRelations: RecipeChange?
  @Option(\.guideObject) var guideObject: RecipeChange?
  @Option(\.hints) var hints: RecipeChange?
  @Option(\.hintRatio) var hintRatio: RecipeChange?
  @Flag(\.normalization) var normPixLoss: Bool?
  @Option(\.predictedFrames) var predTDim: RecipeChange?
  @Option(\.uniformityWeight) var uniformityWeight: RecipeChange?
  @Option(\.dropPath, valueName: "share") var dropPath: RecipeChange?
  @Option(\.decoderDepth) var decoderDepth: RecipeChange?
  @Option(\.decoderWidth) var decoderWidth: RecipeChange?
  @Option(\.decoderHeads) var decoderHeads: RecipeChange?
  @Option(\.decoderOrder) var decoderOrder: RecipeChange?

  /// What the flags say; a file of masks becomes masking `given` and its masks.
  func changes() throws -> [RecipeChange] {
    var changes = given
    if let maskType, (try? maskType.value(of: \.maskType)) == nil, Folder.isAnything(at: maskType.written) {
      let masks = try MaskFile.masks(path: maskType.written).map { $0.map { $0 ? "1" : "0" }.joined() }
      changes.removeAll { $0.setting.path == maskType.setting.path }
      changes += [RecipeChange(\.maskType, .given), RecipeChange(\.masks, masks)]
    }
    if let normPixLoss { changes.append(RecipeChange(\.normalization, written: normPixLoss ? "on" : "none")) }
    return changes
  }
}

/// Flags that describe how samples are drawn.
struct SamplingOptions<Defaults: RunDefaults>: SettingFlags {
  @Option(\.frameRate, of: Defaults.self, valueName: "rate") var fps: RecipeChange?
  @Option(\.samplingRate, of: Defaults.self) var samplingRate: RecipeChange?
  @Option(\.frameGap, of: Defaults.self, valueName: "least,most") var frameGap: RecipeChange?
  @Option(\.crop, of: Defaults.self) var crop: RecipeChange?
  @Flag(\.squarePixels) var squarePixels: Bool?
  @Option(\.flip, of: Defaults.self) var hflip: RecipeChange?
  @Option(\.repeats, of: Defaults.self) var repeatAug: RecipeChange?
  @Option(\.maxBad, of: Defaults.self) var maxBad: RecipeChange?
  @Option(\.workers, of: Defaults.self) var numWorkers: RecipeChange?
  @Option(\.decodeTimeout, of: Defaults.self, valueName: "seconds") var decodeTimeout: RecipeChange?
  @Flag(\.allowTruncated) var allowTruncated: Bool?
  @Option(\.cache, of: Defaults.self, valueName: "folder") var cache: RecipeChange?

  func changes() -> [RecipeChange] {
    var changes = given
    if let allowTruncated { changes.append(RecipeChange(\.allowTruncated, allowTruncated)) }
    if let squarePixels { changes.append(RecipeChange(\.squarePixels, squarePixels)) }
    return changes
  }
}

/// Flags that describe what is measured beside the loss.
struct EvaluationOptions: SettingFlags {
  @Option(\.evaluationData, valueName: "data") var evalData: RecipeChange?
  @Option(\.evaluationValidation, valueName: "data") var evalVal: RecipeChange?
  @Option(\.evaluationInterval, valueName: "steps") var evalEvery: RecipeChange?
  @Option(\.evaluationShare, valueName: "share") var evalShare: RecipeChange?
  @Option(\.holdout, valueName: "share") var holdout: RecipeChange?
  @Option(\.picturesEvery, valueName: "steps") var picturesEvery: RecipeChange?
  @Option(\.histogramsEvery, valueName: "steps") var histogramsEvery: RecipeChange?
}

/// Flags that describe how the weights change, and how a run is carried out.
struct OptimizationOptions<Defaults: RunDefaults>: SettingFlags {
  @Option(\.steps, of: Defaults.self) var steps: RecipeChange?
  @Option(\.epochs, of: Defaults.self) var epochs: RecipeChange?
  @Option(\.maxTime, of: Defaults.self, valueName: "time") var maxTime: RecipeChange?
  @Option(\.batchSize, of: Defaults.self) var batchSize: RecipeChange?
  @Option(\.accumulation, of: Defaults.self) var accumIter: RecipeChange?
  @Option(\.optimizerKind, of: Defaults.self) var optimizer: RecipeChange?
  @Option(\.baseRate, of: Defaults.self) var blr: RecipeChange?
  @Option(\.rate, of: Defaults.self) var lr: RecipeChange?
  @Option(\.matrixRateFactor, of: Defaults.self) var muonLrFactor: RecipeChange?
  @Option(\.minimumRate, of: Defaults.self) var minLr: RecipeChange?
  @Option(\.scheduleKind, of: Defaults.self) var schedule: RecipeChange?
  @Option(\.warmupEpochs, of: Defaults.self) var warmupEpochs: RecipeChange?
  @Option(\.warmupSteps, of: Defaults.self) var warmupSteps: RecipeChange?
  @Option(\.decayShare, of: Defaults.self, valueName: "share") var decayShare: RecipeChange?
  @Option(\.weightDecay, of: Defaults.self) var weightDecay: RecipeChange?
  @Option(\.clipGradient, of: Defaults.self) var clipGrad: RecipeChange?
  @Option(\.seed, of: Defaults.self) var seed: RecipeChange?
  @Option(\.threads, of: Defaults.self) var threads: RecipeChange?
  @Option(\.precision, of: Defaults.self) var precision: RecipeChange?
  @Flag(\.recompute) var recompute: Bool?
  @Option(\.saveEvery, of: Defaults.self, valueName: "steps") var saveEvery: RecipeChange?
  @Option(\.keep, of: Defaults.self) var keep: RecipeChange?
  @Option(\.skipSpikes, of: Defaults.self, valueName: "deviations") var skipSpikes: RecipeChange?
  @Option(\.extends, of: Defaults.self, valueName: "run") var extend: RecipeChange?
  @Option(\.initialWeights, of: Defaults.self, valueName: "checkpoint") var initialWeights: RecipeChange?
  @Option(\.initialWeightsKey, of: Defaults.self, valueName: "key") var weightsKey: RecipeChange?
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Any setting by its place in a configuration file, as model.encoder.blocks.depth=6; may be given again.",
      valueName: "place=value"))
  var others: [String] = []

  func validate() throws {
    if steps != nil, epochs != nil { throw ValidationError("--steps and --epochs exclude each other; give one") }
    if warmupSteps != nil, warmupEpochs != nil {
      throw ValidationError("--warmup-steps and --warmup-epochs exclude each other; give one")
    }
    if lr != nil, blr != nil { throw ValidationError("--lr and --blr exclude each other; give one") }
  }

  func changes() throws -> [RecipeChange] {
    var changes = given
    if let recompute { changes.append(RecipeChange(\.recompute, recompute)) }
    for text in others {
      guard let mark = text.firstIndex(of: "=") else {
        throw ValidationError("--set is \(text); expected place=value, as model.encoder.blocks.depth=6")
      }
      changes.append(try RecipeChange(path: String(text[..<mark]), text: String(text[text.index(after: mark)...])))
    }
    return changes
  }
}
