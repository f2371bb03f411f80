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
  init<Content>(
    _ setting: KeyPath<Settings, Setting<Content>>, byDefault: String? = nil, valueName: String? = nil
  ) where Value == RecipeChange? {
    let declared = Settings.shared[keyPath: setting]
    self.init(
      name: .customLong(declared.option), parsing: .unconditional,
      help: ArgumentHelp(declared.help(byDefault), valueName: valueName),
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

extension ArgumentHelp {
  fileprivate init(_ text: String, valueName: String? = nil) {
    self.init(stringLiteral: text)
    self.valueName = valueName
  }
}

extension AnySetting {
  /// The name of its option, without the dashes.
  fileprivate var option: String { flag ?? path.replacing(".", with: "-") }
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
    if let maskType, (try? maskType.value(of: \.maskType)) == nil, Paths.exists(maskType.written) {
      let masks = try MaskFile.masks(path: maskType.written).map { $0.map { $0 ? "1" : "0" }.joined() }
      changes.removeAll { $0.setting.path == maskType.setting.path }
      changes += [RecipeChange(\.maskType, .given), RecipeChange(\.masks, masks)]
    }
    if let normPixLoss { changes.append(RecipeChange(\.normalization, written: normPixLoss ? "on" : "none")) }
    return changes
  }
}

/// Flags that describe how samples are drawn.
struct SamplingOptions: SettingFlags {
  @Option(\.frameRate, valueName: "rate") var fps: RecipeChange?
  @Option(\.samplingRate) var samplingRate: RecipeChange?
  @Option(\.frameGap, valueName: "least,most") var frameGap: RecipeChange?
  @Option(\.crop) var crop: RecipeChange?
  @Flag(\.squarePixels) var squarePixels: Bool?
  @Option(\.flip) var hflip: RecipeChange?
  @Option(\.repeats) var repeatAug: RecipeChange?
  @Option(\.maxBad) var maxBad: RecipeChange?
  @Option(\.workers) var numWorkers: RecipeChange?
  @Option(\.decodeTimeout, valueName: "seconds") var decodeTimeout: RecipeChange?
  @Flag(\.allowTruncated) var allowTruncated: Bool?
  @Option(\.cache, valueName: "folder") var cache: RecipeChange?

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
struct OptimizationOptions: SettingFlags {
  @Option(\.steps) var steps: RecipeChange?
  @Option(\.epochs) var epochs: RecipeChange?
  @Option(\.maxTime, valueName: "time") var maxTime: RecipeChange?
  @Option(\.batchSize) var batchSize: RecipeChange?
  @Option(\.accumulation) var accumIter: RecipeChange?
  @Option(\.optimizerKind) var optimizer: RecipeChange?
  @Option(\.baseRate) var blr: RecipeChange?
  @Option(\.rate) var lr: RecipeChange?
  @Option(\.matrixRateFactor) var muonLrFactor: RecipeChange?
  @Option(\.minimumRate) var minLr: RecipeChange?
  @Option(\.scheduleKind) var schedule: RecipeChange?
  @Option(\.warmupEpochs) var warmupEpochs: RecipeChange?
  @Option(\.warmupSteps) var warmupSteps: RecipeChange?
  @Option(\.decayShare, valueName: "share") var decayShare: RecipeChange?
  @Option(\.weightDecay) var weightDecay: RecipeChange?
  @Option(\.clipGradient) var clipGrad: RecipeChange?
  @Option(\.seed) var seed: RecipeChange?
  @Option(\.threads) var threads: RecipeChange?
  @Option(\.precision) var precision: RecipeChange?
  @Flag(\.recompute) var recompute: Bool?
  @Option(\.saveEvery, valueName: "steps") var saveEvery: RecipeChange?
  @Option(\.keep) var keep: RecipeChange?
  @Option(\.skipSpikes, valueName: "deviations") var skipSpikes: RecipeChange?
  @Option(\.extends, valueName: "run") var extend: RecipeChange?
  @Option(\.initialWeights, valueName: "checkpoint") var initialWeights: RecipeChange?
  @Option(\.initialWeightsKey, valueName: "key") var weightsKey: RecipeChange?
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
