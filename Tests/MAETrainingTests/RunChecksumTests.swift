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
        "amt": 0xf3283163a390f1fb,
        "mae": 0x1dfd0e48339b5bb,
        "mae, accumulated": 0x4417be8d043d7f79,
        "mae, blocks hidden": 0x3f431fc85e741c66,
        "mae, recomputed": 0x1dfd0e48339b5bb,
        "mae-st": 0xc9369da4846e9cc4,
        "self-guided": 0x22e101b3a0f224af,
        "self-guided-small": 0xe8132ce8ee19e589,
        "siammae": 0x6bbdafc09b6469cf,
        "siammae, dropout": 0xa8438109b4ef9846,
        "simmim": 0xb81f42ed080fff2c,
        "u-mae": 0xf1155a21f734a750,
        "videomae": 0xa135117aed887619,
        "videomae, half decoded": 0xfa6075a6e0adec9f,
      ],
      "portable": [
        "amt": 0xfcad722c44214ea1,
        "mae": 0xe0f7d0d085c58eed,
        "mae, accumulated": 0x2789b5e42edf5d49,
        "mae, blocks hidden": 0x3b01ff6073e414f0,
        "mae, recomputed": 0xe0f7d0d085c58eed,
        "mae-st": 0x1c14fbebcf5c3808,
        "self-guided": 0x9662e2a050204f16,
        "self-guided-small": 0x1c8cbddff1ee4214,
        "siammae": 0xba50bdd4db2cc041,
        "siammae, dropout": 0x72553c52e0e3b1eb,
        "simmim": 0x240ed25b0586ad4f,
        "u-mae": 0x41bf863309677632,
        "videomae": 0xce0c0aa9cdba0c9a,
        "videomae, half decoded": 0x174bb71e6ccb68b3,
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
      plan, model: model, optimizer: AdamW(recipe.optimizer, for: model.parameters, on: kernels),
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
