import Foundation
import MAECore
import MAEEngine

/// Hides what the class token attends, and throws away part of the rest (Liu et al. 2023, AMT).
///
/// Tokens are drawn without replacement by the class token's attention in the last block. The first are hidden, the next thrown
/// away: neither encoded nor predicted; the rest is visible. Without guidance all tokens weigh the same.
public struct AttentionMasking: GuidedMasking {
  /// The name in files and on the command line.
  public static let kind = "attention"
  /// What the paper calls it.
  public static let aliases = ["amt"]

  /// Share of the tokens that are thrown away.
  public static let thrown = OptionDefinition(
    "thrown", default: .number(0.4), help: "Share of the tokens that are neither encoded nor predicted."
  ) { (0..<1).contains($0.number ?? -1) ? nil : "expected 0 ..< 1" }
  /// Its own settings.
  public static let options = [thrown]

  private let hiddenRatio, thrownRatio: Double

  /// Takes ratio and options of a configuration.
  public init(_ configuration: MaskingConfiguration) {
    hiddenRatio = configuration.ratio
    thrownRatio = configuration[Self.thrown].number ?? 0
  }

  /// Every tenth of the run, stills looked at as a whole.
  public static func schedule(forClips isForClips: Bool) -> GuidanceRecipe {
    GuidanceRecipe(start: .share(0.1), mode: isForClips ? .step : .image, renewal: 0.1)
  }

  /// A masked autoencoder with a class token.
  public static func problems(in model: ModelConfiguration) -> [String] {
    var problems: [String] = []
    if model.objective.decoderAttention != .ownTokens {
      problems.append("--mask-type attention needs a masked autoencoder; \(model.method) is not one")
    }
    if model.encoder.classRows != 1 {
      problems.append("--mask-type attention needs one class token; the encoder has \(model.encoder.classRows)")
    }
    for (value, flag) in [(model.masking.decoderRatio, "--decoder-mask-ratio"), (model.masking.keptRatio, "--kept-mask-ratio")]
    where value != nil { problems.append("--mask-type attention throws tokens away itself; it goes without \(flag)") }
    return problems
  }

  private func counts(in grid: TokenGrid) -> (hidden: Int, thrown: Int) {
    (Int(hiddenRatio * Double(grid.count)), Int(thrownRatio * Double(grid.count)))
  }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int {
    let counts = counts(in: grid)
    return grid.count - counts.hidden - counts.thrown
  }

  /// What people should know beside name and ratio.
  public func remark(on grid: TokenGrid) -> String? { "\(counts(in: grid).thrown) of \(grid.count) tokens are thrown away" }

  /// The class token's attention; what it attends more than its mean counts as the object.
  public func relevance(_ source: PixelSource, of model: Model, view: Int, on kernels: Kernels) -> [Relevance?] {
    model.classAttention(source, on: kernels).map { attention in
      let mean = attention.reduce(0, +) / Double(attention.count)
      // Around 1, whatever the number of tokens.
      return Relevance(scores: attention.map { $0 / mean }, isObject: attention.map { $0 > mean })
    }
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let (grid, counts) = (context.grid, counts(in: context.grid))
    let scores = context.guidance?.scores ?? [Double](repeating: 1, count: grid.count)
    let order = WeightedDraw.order(of: scores.map { log(max($0, 1e-6)) }, random: &random).map(Int32.init)
    return TokenMask(
      grid: grid, visible: order.dropFirst(counts.hidden + counts.thrown).sorted(), hidden: order.prefix(counts.hidden).sorted())
  }
}

extension MaskingKind {
  /// ``AttentionMasking``
  public static let attention = MaskingKind(AttentionMasking.self)
}
