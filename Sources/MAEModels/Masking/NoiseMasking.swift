import MAECore

/// Hides by filtered noise: patches where a random field is low (Hinojosa et al. 2024, ColorMAE).
///
/// Each sample takes a window of one of a few fixed patterns, anywhere on a torus and mirrored at random; the highest values stay
/// visible, of equal ones the lower token first. In a clip the same places are hidden at all times. The authors publish patterns
/// and not how they were made; these follow the known recipe: filter white noise, make its histogram even, again and again.
public struct NoiseMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "noise"
  /// What the paper calls it.
  public static let aliases = ["colormae"]

  /// Which frequencies the noise has.
  public static let colour = OptionDefinition(
    "colour", default: .text("green"),
    help: "Noise of low (red), high (blue), middle (green) or all but middle (purple) frequencies."
  ) { value in
    if case .text(let name) = value, NoiseField.Colour(rawValue: name) != nil { return nil }
    return "expected one of \(NoiseField.Colour.allCases.map(\.rawValue).joined(separator: ", "))"
  }
  /// Of red and blue noise.
  public static let deviation = OptionDefinition(
    "deviation", default: .number(1), help: "Deviation of the filter in tokens, of red and blue noise.", check: positive)
  /// Of green and purple noise.
  public static let weak = OptionDefinition(
    "weak", default: .number(0.5), help: "Deviation of the weaker filter in tokens, of green and purple noise.", check: positive)
  /// Of green and purple noise.
  public static let strong = OptionDefinition(
    "strong", default: .number(2), help: "Deviation of the stronger filter in tokens, of green and purple noise.", check: positive
  )
  /// Its own settings.
  public static let options = [colour, deviation, weak, strong]

  private static let positive: @Sendable (SettingValue) -> String? = {
    (0.1...16).contains($0.number ?? 0) ? nil : "expected 0.1 to 16"
  }

  /// Patterns, and the side of each.
  private static let (patternCount, side) = (8, 64)
  /// Times that noise is filtered and its histogram made even.
  private static let rounds = 5

  private let configuration: MaskingConfiguration
  private let patterns: [NoiseField]

  /// Makes the patterns, the same ones for every run.
  public init(_ configuration: MaskingConfiguration) {
    self.configuration = configuration
    var name = "green"
    if case .text(let given) = configuration[Self.colour] { name = given }
    let colour = NoiseField.Colour(rawValue: name) ?? .green
    func number(_ option: OptionDefinition) -> Double { configuration[option].number ?? 1 }
    let deviations = colour.isBand ? (number(Self.weak), number(Self.strong)) : (number(Self.deviation), 0)
    patterns = (0..<Self.patternCount).map { index in
      var random = RandomStream(seed: 0).fork("noise pattern", index)
      var field = NoiseField(white: Self.side, random: &random)
      for _ in 0..<Self.rounds { field = field.filtered(colour, deviations).evened() }
      return field
    }
  }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int {
    configuration.rounding.visible(of: grid.plane, ratio: configuration.ratio) * grid.time
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    let pattern = patterns[random.below(patterns.count)]
    let (top, left) = (random.below(Self.side), random.below(Self.side))
    let window = pattern.window(
      top: top, left: left, height: grid.height, width: grid.width, mirrorsColumns: random.below(2) == 1,
      mirrorsRows: random.below(2) == 1)
    var isHidden = [Bool](repeating: true, count: grid.plane)
    for place in Relevance.order(window).prefix(visibleCount(in: grid) / grid.time) { isHidden[place] = false }
    return TokenMask(grid: grid, isHidden: Array(repeatElement(isHidden, count: grid.time).joined()))
  }
}
