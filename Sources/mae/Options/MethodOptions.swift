import ArgumentParser
import MAEEvaluation
import MAEModels
import MAERecipes
import MAETraining

extension MAEModels.Method: ExpressibleByArgument {
  public init?(argument: String) {
    guard let method = Catalogue.builtIn.method(named: argument) else { return nil }
    self = method
  }

  public var defaultValueDescription: String { name }
  public static var allValueStrings: [String] { Catalogue.builtIn.methods.map(\.name) }
}
extension ModelSize: ExpressibleByArgument {}
extension DataRecipe.Crop: ExpressibleByArgument {}
extension CrossDecoding.Order: ExpressibleByArgument {}
extension GuideMode: ExpressibleByArgument {}
extension HintKind: ExpressibleByArgument {}

/// Flags that describe the model.
struct ModelOptions: ParsableArguments {
  @Option(help: "Side of the input in pixels, or HEIGHTxWIDTH.") var inputSize: String?
  @Option(help: "Side of a patch in pixels.") var patchSize: Int?
  @Option(help: "Frames of a clip.") var numFrames: Int?
  @Option(help: "Frames of a token.") var tubeletSize: Int?
  @Option(help: "Values of a pixel: 1, 3 or 4.") var channels: Int?
  @Option(help: "Mean per channel of pixels from 0 to 1: imagenet, half, mae-st, or A,B,C.") var mean: String?
  @Option(help: "Deviation per channel, likewise.") var std: String?
  @Option(
    help: ArgumentHelp(
      """
      Masking: \(Catalogue.builtIn.maskingNames.joined(separator: ", ")); or a file of masks: safetensors with `mask` of tokens \
      or masks × tokens, or a picture at token-grid size, white = hidden.
      """, valueName: "name")) var maskType: String?
  @Option(help: "Hidden share of the tokens.") var maskRatio: Double?
  @Option(help: "Hidden share of the decoder's tokens (VideoMAE V2).") var decoderMaskRatio: Double?
  @Option(
    help: ArgumentHelp(
      "When self-guided masks begin: an epoch, a share of the run as 12.5%, or auto: when mask tokens come to be used more than visible ones.",
      valueName: "epoch|auto")) var guideStart: String?
  @Option(help: "Weights that guide: of each step, frozen at the start, or once per image.") var guideMode: GuideMode?
  @Option(help: "Encoder block whose tokens are compared (default: the last but one).") var guideLayer: Int?
  @Option(help: "Which hidden tokens are shown after all.") var hints: HintKind?
  @Option(help: "Hints as a share of the hidden tokens.") var hintRatio: Double?
  @Flag(inversion: .prefixedNo, help: "Normalise the target of each patch.") var normPixLoss: Bool?
  @Option(help: "Frames that are predicted (MAE-ST).") var predTDim: Int?
  @Option(help: "Weight of the uniformity term (U-MAE).") var uniformityWeight: Double?
  @Option(help: "Blocks of the decoder.") var decoderDepth: Int?
  @Option(help: "Width of the decoder.") var decoderWidth: Int?
  @Option(help: "Attention heads of the decoder.") var decoderHeads: Int?
  @Option(help: "Order inside a cross decoder's block (SiamMAE).") var decoderOrder: CrossDecoding.Order?

  /// - Parameter method: decides what a normalised target is.
  func changes(method: MAEModels.Method) throws -> [RecipeChange] {
    var changes = Changes()
    changes.add("input-size", try checkedSize())
    changes.add("patch-size", patchSize)
    changes.add("num-frames", numFrames)
    changes.add("tubelet-size", tubeletSize)
    changes.add("channels", channels)
    changes.add("mean", list: try statistics(mean, "mean") { $0.mean })
    changes.add("std", list: try statistics(std, "std") { $0.deviation })
    if let maskType, RecipeText.isMasking(maskType) || !Paths.exists(maskType) {
      changes.add("mask-type", maskType)
    } else if let maskType {
      changes.add("mask-type", "given")
      let masks = try MaskFile.masks(path: maskType).map { $0.map { $0 ? "1" : "0" }.joined() }
      changes.add(RecipeChange(path: "model.masking.masks", value: .texts(masks)))
    }
    changes.add("mask-ratio", maskRatio)
    changes.add("decoder-mask-ratio", decoderMaskRatio)
    if let guideStart, GuideStart(guideStart) == nil {
      throw ValidationError("--guide-start is \(guideStart); expected an epoch as 50, a share of the run as 12.5%, or auto")
    }
    changes.add("guide-start", guideStart)
    changes.add("guide-mode", guideMode?.rawValue)
    changes.add("guide-layer", guideLayer)
    changes.add("hints", hints?.rawValue)
    changes.add("hint-ratio", hintRatio)
    changes.add("norm-pix-loss", normPixLoss.map { normalization($0, method).rawValue })
    changes.add("pred-t-dim", predTDim)
    changes.add("uniformity-weight", uniformityWeight)
    changes.add("decoder-depth", decoderDepth)
    changes.add("decoder-width", decoderWidth)
    changes.add("decoder-heads", decoderHeads)
    changes.add("decoder-order", decoderOrder?.rawValue)
    return changes.list
  }

  private func checkedSize() throws -> String? {
    guard let inputSize else { return nil }
    guard RecipeText.size(inputSize) != nil else {
      throw ValidationError("--input-size is \(inputSize); expected pixels, as 224 or 192x320 (height x width)")
    }
    return inputSize
  }

  private func normalization(_ isOn: Bool, _ method: MAEModels.Method) -> TargetConfiguration.Normalization {
    guard isOn else { return .none }
    let published = method.model(.base).target.normalization
    return published == .none ? .perPatch : published
  }

  private func statistics(
    _ text: String?, _ flag: String, _ part: ((mean: [Double], deviation: [Double])) -> [Double]
  ) throws -> [Double]? {
    guard let text else { return nil }
    if let named = RecipeText.statistics(named: text) { return part(named) }
    return try NumberList.parse(text, flag: flag, "imagenet, half, mae-st, or numbers as 0.5,0.5,0.5")
  }
}

/// Collects what the flags that were given say.
struct Changes {
  private(set) var list: [RecipeChange] = []

  mutating func add(_ flag: String, _ value: Int?) { add(flag, value.map { .whole($0) }) }
  mutating func add(_ flag: String, _ value: Double?) { add(flag, value.map { .number($0) }) }
  mutating func add(_ flag: String, _ value: Bool?) { add(flag, value.map { .truth($0) }) }
  mutating func add(_ flag: String, _ value: String?) { add(flag, value.map { .text($0) }) }
  mutating func add(_ flag: String, list value: [Double]?) { add(flag, value.map { .list($0) }) }

  mutating func add(_ change: RecipeChange) { list.append(change) }

  mutating func add(_ flag: String, _ value: RecipeChange.Value?) {
    if let value { list.append(RecipeChange(flag: flag, value: value)) }
  }
}

/// Numbers separated by commas.
enum NumberList {
  static func parse(_ text: String, flag: String, _ expected: String) throws -> [Double] {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0.trimmingPrefix { $0 == " " })
    }
    guard !numbers.contains(nil), !numbers.isEmpty else {
      throw ValidationError("--\(flag) is \(text); expected \(expected)")
    }
    return numbers.compactMap(\.self)
  }
}
