import ArgumentParser
import MaskedAutoencoders

/// Flags that describe how samples are drawn.
struct SamplingOptions: SettingFlags {
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

/// Flags that describe how the weights change, and how a run is carried out.
struct OptimizationOptions: SettingFlags {
  @Option(\.steps) var steps: RecipeChange?
  @Option(\.epochs) var epochs: RecipeChange?
  @Option(\.batchSize) var batchSize: RecipeChange?
  @Option(\.accumulation) var accumIter: RecipeChange?
  @Option(\.baseRate) var blr: RecipeChange?
  @Option(\.rate) var lr: RecipeChange?
  @Option(\.warmupEpochs) var warmupEpochs: RecipeChange?
  @Option(\.weightDecay) var weightDecay: RecipeChange?
  @Option(\.clipGradient) var clipGrad: RecipeChange?
  @Option(\.seed) var seed: RecipeChange?
  @Option(\.threads) var threads: RecipeChange?
  @Flag(\.recompute) var recompute: Bool?
  @Option(\.saveEvery, valueName: "steps") var saveEvery: RecipeChange?
  @Option(\.keep) var keep: RecipeChange?
  @Option(\.initialWeights, valueName: "checkpoint") var initialWeights: RecipeChange?
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Any setting by its place in a configuration file, as model.encoder.blocks.depth=6; may be given again.",
      valueName: "place=value"))
  var others: [String] = []

  func validate() throws {
    if steps != nil, epochs != nil { throw ValidationError("--steps and --epochs exclude each other; give one") }
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
