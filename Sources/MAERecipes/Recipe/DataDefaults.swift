import MAEModels

/// What stills and clips are learned with where nobody names a method, a file or the size of the input: by the size of the
/// pictures, and by that of the model where `--preset` names one.
public struct DataDefaults: Sendable {
  /// For one kind of data.
  package struct Row: Sendable {
    /// Settings for every size of the model, as ``NamedRecipe`` has them behind its first word.
    package let settings: String
    /// Where its values come from, a sentence without its end.
    package let reason: String
  }

  /// For stills, by the largest shorter side of a picture in pixels; the last row is for all larger pictures.
  package static let stills: [(side: Int, row: Row)] = [
    (
      48,
      Row(
        settings: "input-size=32:patch-size=4:batch-size=64",
        reason: "64 patches of 4 pixels, for details of so small pictures lie within 4")
    ),
    (96, Row(settings: "input-size=64:patch-size=8:batch-size=64", reason: "64 patches as for smaller pictures")),
    (
      .max,
      Row(
        settings: "input-size=96:patch-size=12:repeat-aug=2:batch-size=64",
        reason: """
          64 patches of a reduced picture, so that there are many steps; two samples of each opened file, since decoding takes \
          long
          """)
    ),
  ]

  /// For clips of all sizes.
  package static let clips = Row(
    settings: """
      input-size=64:patch-size=8:num-frames=8:batch-size=8:mask-type=cell:mask-ratio=0.75:norm-pix-loss=none
      """,
    reason: """
      256 tokens of reduced frames, so that an hour has tens of thousands of steps and not hundreds; running cells that hide \
      three of four tokens, and pixels as they are, are completed after minutes, while MAE-ST's random nine of ten, normalised, \
      still gave the mean
      """)

  /// For all of them.
  package static let common = Row(
    settings: """
      lr=1e-3:schedule.warmup-share=0.05:model.encoder.blocks.depth=4:decoder-width=96:decoder-depth=1:decoder-heads=3
      """,
    reason: """
      with four encoder blocks and a thin one in the decoder samples are seen five times as often as with twelve and four, and \
      more is learned in as much time
      """)

  /// The word for them in ``NamedRecipe``.
  public static let shorthand = "defaults"

  /// Flags that take the paper's recipe in their place: they name a recipe, or a shape that the data chooses otherwise.
  public static let replacing = ["--method", "--config", "--init", "--input-size", "--patch-size"]

  /// Sizes of the model that the values are for; the first is taken where none is chosen.
  public static let sizes = [ModelSize.tiny, .small]

  /// So many files and more are learned with the recipe of the paper.
  public static let enoughFiles = 100_000

  /// What the row is for.
  private let data: String
  private let row: Row

  /// For stills.
  ///
  /// - Parameters:
  ///   - side: the shorter one of a usual picture, in pixels.
  ///   - count: pictures that are learned from; nil is returned for so many that the paper's recipe is for them.
  public init?(shorterSide side: Int, pictures count: Int) {
    guard count < Self.enoughFiles, let found = Self.stills.first(where: { side <= $0.side }) else { return nil }
    (data, row) = ("pictures whose shorter side is \(side) pixels (the median of a few)", found.row)
  }

  /// For clips.
  ///
  /// - Parameter count: videos that are learned from; nil is returned for so many that the paper's recipe is for them.
  public init?(videos count: Int) {
    guard count < Self.enoughFiles else { return nil }
    (data, row) = ("clips", Self.clips)
  }

  /// As `mae bench learn --recipe` takes it; nil where a size of the model has no values.
  public func recipe(for size: ModelSize = sizes[0]) -> String? {
    Self.sizes.contains(size) ? "\(size.rawValue):\(row.settings):\(Self.common.settings)" : nil
  }

  /// That the row is taken, or that a size has no values and which ones have.
  public func explanation(for size: ModelSize) -> String {
    guard Self.sizes.contains(size) else {
      let names = Self.sizes.map(\.rawValue).joined(separator: " and ")
      return "none for \(size.rawValue) models, so all is the paper's; \(names) ones have values for \(data)"
    }
    return """
      those for \(data); flags stand above them, and \(Self.replacing.joined(separator: ", ")) or a larger --preset brings the \
      paper's back
      """
  }

  /// All values as a table of Markdown, as the guide has it.
  package static var markdown: String {
    let ofStills = stills.enumerated().map { number, entry in
      let above = number == 0 ? nil : stills[number - 1].side
      let sides = entry.side == .max ? "above \(above ?? 0)" : above.map { "\($0 + 1) to \(entry.side)" } ?? "up to \(entry.side)"
      return ("stills, shorter side \(sides) pixels", entry.row)
    }
    let lines = (ofStills + [("clips", clips), ("all", common)]).map { data, row in
      "| \(data) | \(words(row.settings)) | \(row.reason) |"
    }
    return (["| data | settings | why |", "|---|---|---|"] + lines).joined(separator: "\n")
  }

  private static func words(_ settings: String) -> String {
    settings.split(separator: ":").map { "`\($0)`" }.joined(separator: ", ")
  }
}
