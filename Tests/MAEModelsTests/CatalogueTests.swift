import Foundation
import MAECore
import MAEModels
import Testing

/// Hides every other row of tokens: a masking that the package does not know.
private struct StripeMasking: MaskingStrategy {
  static let kind = "stripes"
  static let aliases = ["rows"]

  init(_ configuration: MaskingConfiguration) {}

  func visibleCount(in grid: TokenGrid) -> Int { grid.time * grid.width * ((grid.height + 1) / 2) }

  func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    return TokenMask(grid: grid, isHidden: (0..<grid.count).map { $0 / grid.width % grid.height % 2 == 1 })
  }
}

extension Method {
  /// MAE with stripes, a method that the package does not know.
  fileprivate static let stripes: Method = Method(
    name: "stripes", citation: "none", source: "a test", isForVideo: false, objective: MaskedAutoencoder.self,
    initialization: .mae
  ) { size in
    var recipe = Method.mae.recipe(size)
    recipe.model.masking = MaskingConfiguration(kind: MaskingKind(StripeMasking.self), ratio: 0.5)
    return recipe
  }
}

/// Methods and maskings are values that are written as their names and read back from a catalogue.
@Suite struct CatalogueTests {
  private static func decoder(_ catalogue: Catalogue?) -> JSONDecoder {
    let decoder = JSONDecoder()
    if let catalogue { decoder.userInfo[Catalogue.key] = catalogue }
    return decoder
  }

  @Test("every method is made for itself, at every size, and reads back")
  func builtIn() throws {
    let methods = Catalogue.builtIn.methods
    #expect(Set(methods.map(\.name)).count == methods.count)
    for method in methods {
      for size in ModelSize.allCases {
        let recipe = method.recipe(size)
        #expect(recipe.method == method && recipe.preset == size)
        let data = try JSONEncoder().encode(recipe.model)
        #expect(try Self.decoder(nil).decode(ModelConfiguration.self, from: data) == recipe.model)
      }
    }
  }

  @Test("a program's own method and masking are found in its own catalogue only")
  func own() throws {
    let catalogue = Catalogue.builtIn.adding(.stripes).adding(StripeMasking.self)
    let model = Method.stripes.model(.tiny)
    #expect(model.method == .stripes && model.problems.isEmpty)
    let data = try JSONEncoder().encode(model)
    let read = try Self.decoder(catalogue).decode(ModelConfiguration.self, from: data)
    #expect(read == model && read.masking.kind.name == "stripes")
    #expect(try Model(read, seed: nil).visibleTokens == 7 * 14)
    #expect(catalogue.masking(named: "rows") == read.masking.kind)
    let error = #expect(throws: DecodingError.self) {
      try Self.decoder(nil).decode(ModelConfiguration.self, from: data)
    }
    #expect("\(try #require(error))".contains("mae, videomae, mae-st"))
  }

  @Test("names are unique")
  func twice() async {
    await #expect(processExitsWith: .failure) { _ = Catalogue.builtIn.adding(Method.mae) }
    await #expect(processExitsWith: .failure) { _ = Catalogue.builtIn.adding(TubeMasking.self) }
  }
}
