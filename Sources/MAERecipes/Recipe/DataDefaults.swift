import MAEModels

/// What stills are learned with where nobody names a method or a setting of the recipe: by the size of the pictures, and by that
/// of the model where `--preset` names one.
public struct DataDefaults: Sendable {
  /// For pictures of one range of sizes.
  package struct Row: Sendable {
    /// The largest shorter side of a picture, in pixels.
    package let side: Int
    /// Settings for every size of the model, as ``NamedRecipe`` has them behind its first word.
    package let settings: String
    /// Where its values come from, a sentence without its end.
    package let reason: String
  }

  /// The last row is for all larger pictures.
  package static let table = [
    Row(
      side: 48, settings: "input-size=32:patch-size=4",
      reason: "64 patches of 4 pixels, for details of so small pictures lie within 4"),
    Row(side: 96, settings: "input-size=64:patch-size=8", reason: "64 patches as for smaller pictures"),
    Row(
      side: .max, settings: "input-size=96:patch-size=12:repeat-aug=2",
      reason: """
        64 patches of a reduced picture, so that there are many steps; two samples of each opened file, since decoding takes long
        """
    ),
  ]

  /// For pictures of all sizes.
  package static let common = """
    batch-size=64:lr=1e-3:schedule.warmup-share=0.05:model.encoder.blocks.depth=4:\
    decoder-width=96:decoder-depth=1:decoder-heads=3
    """
  package static let commonReason = """
    with four encoder blocks and a thin one in the decoder pictures are seen five times as often as with twelve and four, and \
    more is learned in as much time
    """

  /// Sizes of the model that the values are for; the first is taken where none is chosen.
  public static let sizes = [ModelSize.tiny, .small]

  /// So many pictures and more are learned with the recipe of the paper.
  public static let enoughPictures = 100_000

  /// The shorter side of a usual picture, in pixels.
  public let shorterSide: Int
  private let row: Row

  /// - Parameters:
  ///   - side: the shorter one of a usual picture, in pixels.
  ///   - count: pictures that are learned from; nil is returned for so many that the paper's recipe is for them.
  public init?(shorterSide side: Int, pictures count: Int) {
    guard count < Self.enoughPictures, let row = Self.table.first(where: { side <= $0.side }) else { return nil }
    (shorterSide, self.row) = (side, row)
  }

  /// As `mae bench learn --recipe` takes it; nil where a size of the model has no values.
  public func recipe(for size: ModelSize = sizes[0]) -> String? {
    Self.sizes.contains(size) ? "\(size.rawValue):\(row.settings):\(Self.common)" : nil
  }

  /// What is taken and why, or that a size has no values and which ones have.
  public func explanation(for size: ModelSize) -> String {
    guard let recipe = recipe(for: size) else {
      let names = Self.sizes.map(\.rawValue).joined(separator: " and ")
      return """
        none for \(size.rawValue) models, so all is the paper's; \(names) ones have values for pictures whose shorter \
        side is \(shorterSide) pixels
        """
    }
    return """
      \(recipe), since the shorter side of these pictures is \(shorterSide) pixels (the median of a few): \(row.reason); \
      \(Self.commonReason). All else is the paper's, and so is everything where a larger --preset or a flag of the recipe is given
      """
  }

  /// All rows as a table of Markdown, as the guide has it.
  package static var markdown: String {
    let rows = table.enumerated().map { number, row in
      let above = number == 0 ? nil : table[number - 1].side
      let sides = row.side == .max ? "above \(above ?? 0)" : above.map { "\($0 + 1) to \(row.side)" } ?? "up to \(row.side)"
      return "| \(sides) | \(words(row.settings)) | \(row.reason) |"
    }
    return
      (["| shorter side, pixels | settings | why |", "|---|---|---|"] + rows
      + ["| all | \(words(common)) | \(commonReason) |"]).joined(separator: "\n")
  }

  private static func words(_ settings: String) -> String {
    settings.split(separator: ":").map { "`\($0)`" }.joined(separator: ", ")
  }
}
