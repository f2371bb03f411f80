import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import Testing

/// A method and a masking as a program outside of the package defines them.
private let ownMethod = Method(
  name: "half", citation: "a test", source: "image MAE", isForVideo: false, objective: MaskedImageModel.self, initialization: .mae
) { size in
  var recipe = Method.mae.recipe(size)
  recipe.model.decoder = nil
  recipe.model.input = InputConfiguration(size: FrameSize(square: 32), patch: 8)
  recipe.model.encoder.blocks.depth = 2
  recipe.model.target.normalization = .none
  recipe.model.masking = MaskingConfiguration(kind: MaskingKind(FirstHalf.self), ratio: 0.5)
  return recipe
}

private struct FirstHalf: MaskingStrategy {
  static let kind = "first-half"

  init(_ configuration: MaskingConfiguration) {}

  func visibleCount(in grid: TokenGrid) -> Int { grid.count - grid.count / 2 }

  func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    TokenMask(grid: context.grid, isHidden: (0..<context.grid.count).map { $0 < context.grid.count / 2 })
  }
}

@Suite struct OwnMethodTests {
  private let catalogue = Catalogue.builtIn.adding(ownMethod).adding(FirstHalf.self)

  @Test("a method without public names keeps its weights under those of its parameters, and is read with its catalogue")
  func roundTrip() throws {
    try withFolder { folder in
      let model = try Model(ownMethod.model(.tiny), seed: 3)
      try Checkpoint.write(model, to: folder)
      let checkpoint = try Checkpoint.read(path: folder, options: WeightOptions(catalogue: catalogue))
      #expect(checkpoint.configuration == model.configuration)
      #expect(checkpoint.remarks.isEmpty && checkpoint.unknown.isEmpty, "\(checkpoint.remarks)")
      #expect(Set(checkpoint.weights.names) == Set(model.parameters.parameters.filter(\.isStored).map(\.name)))
      let other = try Model(checkpoint.configuration, seed: nil)
      let report = try checkpoint.load(into: other)
      #expect(report.missing.isEmpty && report.leftOver.isEmpty)
      for parameter in model.parameters.parameters where parameter.isStored {
        #expect(
          model.parameters.tensor(of: parameter).floats() == other.parameters.tensor(of: parameter).floats(), "\(parameter.name)")
      }
    }
  }

  @Test("without the catalogue it is refused, and no library takes it under its own names")
  func refusals() throws {
    try withFolder { folder in
      try Checkpoint.write(try Model(ownMethod.model(.tiny), seed: 3), to: folder)
      #expect(failure { try Checkpoint.read(path: folder) }?.kind == .unusable)
      let checkpoint = try Checkpoint.read(path: folder, options: WeightOptions(catalogue: catalogue))
      let official = failure { try checkpoint.export(OfficialExport(), to: folder + "/export") }
      #expect(official?.description.contains("no public implementation of half") == true)
      #expect(failure { try checkpoint.export(TransformersExport(), to: folder + "/export") }?.kind == .unusable)
    }
  }
}
