import MAECore
import MAEModels
import MAERecipes
import Testing

/// A masking of a program, with a setting of its own: this file is all that it takes.
private struct StripeMasking: MaskingStrategy {
  static let kind = "stripes"
  static let width = OptionDefinition(
    "width", default: .whole(2), help: "Rows of a stripe.", check: { $0.whole ?? 0 < 1 ? "expected at least 1" : nil })
  static let options = [width]

  let rows: Int

  init(_ configuration: MaskingConfiguration) throws(MaskingError) { rows = configuration[Self.width].whole ?? 2 }

  func visibleCount(in grid: TokenGrid) -> Int { grid.count - (0..<grid.count).count { isHidden($0, grid) } }
  func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    TokenMask(grid: context.grid, isHidden: (0..<context.grid.count).map { isHidden($0, context.grid) })
  }

  private func isHidden(_ token: Int, _ grid: TokenGrid) -> Bool { token / grid.width / rows % 2 == 1 }
}

@Suite struct OwnOptionsTests {
  private let catalogue = Catalogue.builtIn.adding(StripeMasking.self)

  @Test("a masking of a program is named in files with its own settings")
  func aMaskingOfAProgramIsNamedInFilesWithItsOwnSettings() throws {
    let file = try RecipeFile(
      yaml: "method: mae\nmodel: {masking: {kind: stripes, options: {width: 3}}}", path: "a.yaml", in: catalogue)
    let recipe = try Recipe.resolve(preset: .tiny, file: file, in: catalogue).recipe
    #expect(recipe.model.masking.kind == MaskingKind(StripeMasking.self))
    #expect(recipe.model.masking.options == ["width": .whole(3)])
    #expect(recipe.yaml.contains("    options:\n      width: 3\n"))
    #expect(try Recipe(yaml: recipe.yaml, path: "config.yaml", in: catalogue) == recipe)
    var other = recipe
    other.model.masking.options = ["width": .whole(4)]
    #expect(other.differences(from: recipe).map(\.description) == ["model.masking.options.width is 4, there 3"])
    #expect(other.fingerprint != recipe.fingerprint)
  }

  @Test("own settings are changed by their place and checked") func theyAreChangedByTheirPlaceAndChecked() throws {
    let width = try RecipeChange(path: "masking.width", text: "0", in: catalogue)
    let error = #expect(throws: RecipeError.self) {
      try Recipe.resolve(
        method: .mae, changes: [try RecipeChange(path: "masking.kind", text: "stripes", in: catalogue), width], in: catalogue)
    }
    #expect(error?.problems == ["model.masking.options.width is 0; expected at least 1"])
    let foreign = #expect(throws: RecipeError.self) { try Recipe.resolve(method: .mae, changes: [width], in: catalogue) }
    #expect(foreign?.description.contains("masking 'random' has no such option") == true)
    #expect(throws: RecipeError.self) { try RecipeChange(path: "masking.width", text: "3") }
  }
}
