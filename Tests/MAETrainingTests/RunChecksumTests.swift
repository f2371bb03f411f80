import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining
import Testing

/// Twenty steps of every method end at the weights that they always ended at, bit for bit.
///
/// Sums are ordered differently at each level of instructions, so each has its own checksums. One that changes without intent is
/// a mistake; with intent, the failing test prints the line to write here.
@Suite struct RunChecksumTests {
  #if arch(x86_64)
    private static let checksums: [String: [String: UInt64]] = [
      "avx2": [
        "amt": 0x7f9b3478797eebf8,
        "crossmae": 0x33d2aa51acf8e876,
        "mae": 0x74f33a5c69b791cf,
        "mae, accumulated": 0xd2db6f7ba875528a,
        "mae, blocks hidden": 0x127b238ba5f11218,
        "mae, branches dropped": 0xf76af9a04860b382,
        "mae, muon": 0x7b47c1026edf68db,
        "mae, recomputed": 0x74f33a5c69b791cf,
        "mae, stable rate": 0x8193c20a403b4b3e,
        "mae-st": 0xd0dc52ec415194ec,
        "mwm": 0x55859637ad67b94b,
        "mwm-multiview": 0xf40873d305c5337c,
        "mwm-tactile": 0x0a8516dca5d583f2,
        "pixio": 0x6e06b3b8394d747a,
        "self-guided": 0x82d44292ac7467e7,
        "self-guided-small": 0x726c30c3151a988c,
        "siammae": 0x45d1349d8fd094c8,
        "siammae, dropout": 0xeeb99b7bce53c8f6,
        "simmim": 0x51d7bd6f1501d12d,
        "u-mae": 0xf9c2a077cc6088f6,
        "videomae": 0x25ef89bad2a431b0,
        "videomae, half decoded": 0xa56db39982587929,
        "videomae-tpt": 0x25ef89bad2a431b0,
        "videomae-v2": 0xa56db39982587929,
      ],
      "portable": [
        "amt": 0x54a60611c7688141,
        "crossmae": 0x7683547a09352469,
        "mae": 0xc5f398ea4f7c4caf,
        "mae, accumulated": 0xfac638c91b3df617,
        "mae, blocks hidden": 0x287f71131cee6dca,
        "mae, branches dropped": 0x24927fbab89d784f,
        "mae, muon": 0x674470cf4c9d604e,
        "mae, recomputed": 0xc5f398ea4f7c4caf,
        "mae, stable rate": 0xe318da846986f66a,
        "mae-st": 0xb80f5b521c45a843,
        "mwm": 0xee61dcf9b30d6b4d,
        "mwm-multiview": 0xa7d9a9bda91f4d16,
        "mwm-tactile": 0x68cbcaddf027d447,
        "pixio": 0xfdb9a8d9e432546c,
        "self-guided": 0x4a19afd1a9fc03b4,
        "self-guided-small": 0xe49888e096c0cd8,
        "siammae": 0xf5d8fc3281653307,
        "siammae, dropout": 0x4eb48b16b2b46123,
        "simmim": 0x89059fd4aae5e61c,
        "u-mae": 0xbe383d45fd0fc57e,
        "videomae": 0x789bb0c250d1644a,
        "videomae, half decoded": 0xd656573c95a839bf,
        "videomae-tpt": 0x789bb0c250d1644a,
        "videomae-v2": 0xd656573c95a839bf,
      ],
    ]
  #else
    private static let checksums: [String: [String: UInt64]] = [:]
  #endif

  @Test("weights after twenty steps", arguments: InstructionLevel.available)
  func weights(level: InstructionLevel) throws {
    var found: [String: UInt64] = [:]
    for (name, recipe) in Self.runs { found[name] = try Self.train(recipe, on: Kernels(threads: 1, level: level)) }
    let line = found.sorted { $0.key < $1.key }.map { "\"\($0.key)\": 0x\(String($0.value, radix: 16))" }
      .joined(separator: ", ")
    #expect(found["mae, recomputed"] == found["mae"])
    // A level that nobody has recorded yet must at least not depend on the number of threads.
    let expected =
      try Self.checksums[level.name]
      ?? Dictionary(
        uniqueKeysWithValues: Self.runs.map { ($0.name, try Self.train($0.recipe, on: Kernels(threads: 3, level: level))) })
    for (name, checksum) in found { #expect(checksum == expected[name], "\(name) at \(level): now [\(line)]") }
    #expect(expected.count == found.count)
  }

  /// Runs of a small model: each method, and what changes the order of work or of chances.
  private static let runs: [(name: String, recipe: Recipe)] = {
    func recipe(_ method: MAEModels.Method, _ change: (inout Recipe) -> Void = { _ in }) -> Recipe {
      var recipe = Small.recipe(method, steps: 20)
      if method == .maeST {
        recipe.model.input.frames = 4
        recipe.model.target.predictedFrames = 2
      }
      if recipe.guidance != nil { recipe.guidance?.start = .share(0.25) }
      if method == .amt { recipe.model.masking.ratio = 0.45 }
      change(&recipe)
      return recipe
    }
    return Catalogue.builtIn.methods.map { ($0.name, recipe($0)) } + [
      ("mae, recomputed", recipe(.mae) { $0.run.recompute = true }),
      ("mae, accumulated", recipe(.mae) { $0.run.accumulation = 2 }),
      ("mae, blocks hidden", recipe(.mae) { $0.model.masking.kind = .block }),
      ("mae, muon", recipe(.mae) { $0.optimizer.kind = .muon }),
      ("mae, branches dropped", recipe(.mae) { $0.model.encoder.dropPath = 0.4 }),
      ("mae, stable rate", recipe(.mae) { $0.schedule.kind = .wsd }),
      ("videomae, half decoded", recipe(.videomae) { $0.model.masking.decoderRatio = 0.5 }),
      ("siammae, dropout", recipe(.siammae) { $0.model.decoder?.cross?.dropout = 0.1 }),
    ]
  }()

  /// What a guide looks at: the first stripes that the run sees.
  private static let pictures = GuidePictures(count: 1, fingerprint: "stripes") { _, _ in
    let source = StripeSource(Small.recipe(steps: 1), startingAt: 0)
    guard let batch = try? source.next() else { return nil }
    let pixels = Array(batch.pixels.prefix(batch.shape.count / batch.shape.samples))
    return GuidePictures.Picture(clip: Clip(size: batch.shape.size, times: [0], pixels: pixels), size: batch.shape.size)
  }

  /// The checksum of all trained weights after the run.
  private static func train(_ recipe: Recipe, on kernels: Kernels) throws -> UInt64 {
    let model = try Model(recipe.model, seed: recipe.run.seed)
    let plan = TrainingPlan(recipe, batchesPerEpoch: 7)
    let trainer = Trainer(
      plan, model: model, optimizer: recipe.optimizer.optimizer(for: model.parameters, on: kernels),
      source: StripeSource(recipe, startingAt: 0),
      state: TrainingState(seed: recipe.run.seed, recipe: recipe.fingerprint, data: ""),
      masks: SelfGuide(plan, model: model, pictures: pictures, on: kernels), on: kernels)
    while !trainer.isFinished { _ = try trainer.step() }
    var hash = FNV1a()
    for parameter in model.parameters.parameters where parameter.isTrainable {
      for value in model.parameters.values(of: parameter) {
        let bits = value.bitPattern
        hash.add((0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
      }
    }
    return hash.value
  }
}
