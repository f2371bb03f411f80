import MAEModels

/// What stills are learned with where nobody names a method or a setting of the recipe: by the size of the pictures, and by that
/// of the model where `--preset` names one.
///
/// A row is a recipe in the words of ``NamedRecipe``, as `mae bench learn` compares them, and what speaks for it.
public struct DataDefaults: Hashable, Sendable {
  /// The shorter side of a usual picture, in pixels.
  public let shorterSide: Int
  /// As `mae bench learn --recipe` takes it.
  public let recipe: String
  /// Where its values come from, a sentence without its end.
  public let reason: String

  /// Rows for pictures whose shorter side is at most so many pixels; the last one is for all others.
  package static let table: [(side: Int, recipe: String, reason: String)] = [
    (
      48, "tiny:input-size=32:patch-size=4:batch-size=64:lr=1e-3:schedule.warmup-share=0.05",
      "64 patches of 4 pixels, for details of so small pictures lie within 4; rate and batch as a hundred passes over some "
        + "thousand of them learn"
    ),
    (
      96, "tiny:input-size=64:patch-size=8:batch-size=64:lr=1e-3:schedule.warmup-share=0.05",
      "64 patches as for smaller pictures, and their rate and batch"
    ),
    (
      .max, "tiny:input-size=96:patch-size=12:batch-size=64:lr=1e-3:schedule.warmup-share=0.05:repeat-aug=2",
      "64 patches of a reduced picture, so that there are many steps; two samples of each opened file, since decoding takes long"
    ),
  ]

  /// So many pictures and more are learned with the recipe of the paper.
  public static let enoughPictures = 100_000

  /// - Parameters:
  ///   - side: the shorter one of a usual picture, in pixels.
  ///   - count: pictures that are learned from; nil is returned for so many that the paper's recipe is for them.
  public init?(shorterSide side: Int, pictures count: Int) {
    guard count < Self.enoughPictures, let row = Self.table.first(where: { side <= $0.side }) else { return nil }
    (shorterSide, recipe, reason) = (side, row.recipe, row.reason)
  }

  /// The size of the model that the values are for: a recipe's first word.
  public var preset: ModelSize? { recipe.split(separator: ":").first.flatMap { ModelSize(rawValue: String($0)) } }

  /// Where another size of the model was chosen: that nothing is tuned for it, and what has values instead; nil where it was not.
  public func absence(for size: ModelSize) -> String? {
    guard let preset, preset != size else { return nil }
    return """
      none for \(size.rawValue) models of pictures whose shorter side is \(shorterSide) pixels, so all is the paper's; \
      --preset \(preset.rawValue) has some: \(recipe)
      """
  }

  /// All rows as a table of Markdown, as the guide has it.
  package static var markdown: String {
    let rows = table.enumerated().map { number, row in
      let above = number == 0 ? nil : table[number - 1].side
      let sides =
        row.side == .max ? "above \(above ?? 0)" : above.map { "\($0 + 1) to \(row.side)" } ?? "up to \(row.side)"
      let settings = row.recipe.split(separator: ":")
      return "| \(sides) | `\(settings[0])` | \(settings.dropFirst().map { "`\($0)`" }.joined(separator: ", ")) | \(row.reason) |"
    }
    return (["| shorter side, pixels | size | settings | why |", "|---|---|---|---|"] + rows).joined(separator: "\n")
  }
}
