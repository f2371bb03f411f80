import ArgumentParser
import MAEEvaluation
import MAEModels
import MAERecipes

/// Flags that describe the model.
struct ModelOptions: SettingFlags {
  @Option(\.inputSize, valueName: "pixels") var inputSize: RecipeChange?
  @Option(\.patch) var patchSize: RecipeChange?
  @Option(\.frames) var numFrames: RecipeChange?
  @Option(\.tubelet) var tubeletSize: RecipeChange?
  @Option(\.channels) var channels: RecipeChange?
  @Option(\.mean) var mean: RecipeChange?
  @Option(\.deviation) var std: RecipeChange?
  @Option(\.maskType, valueName: "name|file") var maskType: RecipeChange?
  @Option(\.maskRatio) var maskRatio: RecipeChange?
  @Option(\.decoderMaskRatio) var decoderMaskRatio: RecipeChange?
  @Option(\.guideStart, valueName: "epoch|auto") var guideStart: RecipeChange?
  @Option(\.guideMode) var guideMode: RecipeChange?
  @Option(\.guideBlock) var guideLayer: RecipeChange?
  @Option(\.hints) var hints: RecipeChange?
  @Option(\.hintRatio) var hintRatio: RecipeChange?
  @Flag(\.normalization) var normPixLoss: Bool?
  @Option(\.predictedFrames) var predTDim: RecipeChange?
  @Option(\.uniformityWeight) var uniformityWeight: RecipeChange?
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
