import MAECore
import MAEEngine
import MAEModels
import Testing

/// Masked world models: what is hidden behind a stem, which errors count, rewards, cameras and touch.
@Suite struct WorldModelTests {
  private static func small(_ method: Method) -> ModelConfiguration {
    var model = method.model(.tiny)
    model.input.size = FrameSize(square: 32)
    model.input.patch = 8
    if model.input.views != nil { model.input.frames = 2 }
    if model.input.touch != nil { (model.input.frames, model.input.tubelet) = (2, 2) }
    model.encoder.blocks.depth = 1
    model.decoder?.blocks.depth = 1
    model.masking.ratio = 0.75
    return model
  }

  private static func batch(
    _ model: Model, samples: Int = 2, rewards: [[String: Double]?] = [], change: (inout [UInt8]) -> Void = { _ in }
  ) throws -> Batch {
    let configuration = model.configuration
    let shape = ClipBatchShape(samples: samples, frames: configuration.sampleFrames, size: configuration.input.size)
    var random = RandomStream(seed: 8)
    var pixels = (0..<shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    change(&pixels)
    let list = (0..<samples).map {
      Sample(
        file: 0, position: $0, epoch: 0, crop: PixelRect(whole: shape.size), numbers: rewards.isEmpty ? nil : rewards[$0])
    }
    let clips = ClipBatch(shape: shape, pixels: pixels, samples: list)
    return model.batch(clips, masks: try model.masks(for: list, random: RandomStream(seed: 5)))
  }

  private static func gradients(_ model: Model, _ batch: Batch) -> (loss: GradientPass.Result, values: [String: [Float]]) {
    let result = GradientPass(model, on: Kernels(threads: 2)) { _, _ in batch }
    let trained = model.parameters.parameters.filter(\.isTrainable)
    return (
      result, Dictionary(uniqueKeysWithValues: trained.map { ($0.name, model.parameters.gradient(of: $0)) })
    )
  }

  // MARK: - The stem

  @Test("a token has seen 22 pixels along a side and no more", arguments: [0, 7, 8, 14, 15, 20, 31])
  func receptiveField(column: Int) throws {
    let model = try Model(Self.small(.mwm), seed: 1)
    func features(_ change: @escaping (inout [UInt8]) -> Void) throws -> [Float] {
      let batch = try Self.batch(model, samples: 1, change: change)
      let tokens = EncoderTokens(allOf: model.configuration.grid, samples: 1)
      return model.objective.encoder.embedding(
        of: batch.pixels, tokens, in: Pass(inferring: model.parameters, on: Kernels(threads: 1))
      ).tensor.floats()
    }
    let width = model.configuration.encoder.blocks.width
    let (before, after) = (
      try features { _ in },
      try features { pixels in for row in 0..<32 { for c in 0..<3 { pixels[(row * 32 + column) * 3 + c] ^= 0x80 } } }
    )
    let changed = Set(
      (0..<16).filter { before[$0 * width..<($0 + 1) * width] != after[$0 * width..<($0 + 1) * width] }.map { $0 % 4 })
    // Token i sees columns 8i − 7 … 8i + 14.
    #expect(changed.isSubset(of: Set((0..<4).filter { (8 * $0 - 7...8 * $0 + 14).contains(column) })))
    #expect(changed.contains(column / 8))
  }

  @Test("the published size has the published number of parameters") func parameterCount() throws {
    var model = Method.mwm.model(.base)
    model.options = ["reward-reads": .text("last-patch")]
    let trained = model.parameters.filter(\.isTrainable)
    #expect(trained.reduce(0) { $0 + $1.count } == 5_843_809)
    #expect(trained.filter { $0.name.hasPrefix("encoder.") }.reduce(0) { $0 + $1.count } == 3_358_432)
  }

  // MARK: - Rewards

  @Test("samples without a reward count in the pixels alone") func unknownRewards() throws {
    let model = try Model(Self.small(.mwm), seed: 1)
    let none = Self.gradients(model, try Self.batch(model))
    #expect(none.loss.parts.keys.sorted() == ["reconstruction"])
    #expect(none.values["decoder.reward.weight"]?.allSatisfy { $0 == 0 } == true)
    let one = Self.gradients(model, try Self.batch(model, rewards: [nil, ["reward": 3]]))
    #expect(one.loss.parts.keys.sorted() == ["reconstruction", "reward"])
    #expect(one.loss.parts["reconstruction"] == none.loss.parts["reconstruction"])
    #expect(one.values["decoder.reward.weight"]?.contains { $0 != 0 } == true)
    let total = one.loss.parts["reconstruction"]! + one.loss.parts["reward"]!
    #expect(abs(one.loss.loss - total) < 1e-5 * total)
  }

  @Test("the reward's weight weighs it, and what it reads decides which head learns from it") func weight() throws {
    var configuration = Self.small(.mwm)
    configuration.options = ["reward-weight": .number(0)]
    let model = try Model(configuration, seed: 1)
    let rewards: [[String: Double]?] = [["reward": -2], ["reward": 9]]
    let without = Self.gradients(model, try Self.batch(model, rewards: rewards))
    #expect(without.loss.loss == without.loss.parts["reconstruction"])
    configuration.options = ["reward": .truth(false)]
    #expect(try Model(configuration, seed: 1).parameters["decoder.reward.weight"] == nil)
    configuration.options = ["reward-reads": .text("last-patch")]
    let patch = try Model(configuration, seed: 1)
    #expect(patch.parameters["decoder.reward.weight"]?.shape == [1, 192])
  }

  @Test("symlog is what its inverse undoes", arguments: [0.0, 1, -1, 250, -1e6, 1e-9]) func symlog(value: Double) {
    #expect(abs(Symlog.inverse(Symlog.of(value)) - value) <= 1e-12 * abs(value))
    #expect(Symlog.of(-value) == -Symlog.of(value))
  }

  // MARK: - Which patches count

  @Test("visible patches count where all do, and only there", arguments: ["all", "hidden", "auto"], [Method.mwm, .siammae])
  func lossScope(scope: String, method: Method) throws {
    for stem in [Stem.conv, .patches] {
      var configuration = Self.small(method)
      configuration.encoder.stem = stem
      configuration.options = ["loss-over": .text(scope)]
      configuration.target.normalization = .none
      let model = try Model(configuration, seed: 1)
      let batch = try Self.batch(model, samples: 1)
      let run = try #require(
        model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: Kernels(threads: 2))))
      // The prediction is of the hidden tokens either way; its error is the loss only where they alone count.
      #expect(run.values.rows == batch.masks[0].hidden.count)
      let (values, targets) = (run.values.tensor.floats(), run.targets.floats())
      let own = zip(values, targets).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / Double(values.count)
      let loss = Double(run.loss.total.tensor.scalar)
      let isOverAll = scope == "all" || scope == "auto" && stem == .conv
      #expect((abs(own - loss) < 1e-4 * own) == !isOverAll, "\(method) \(scope) \(stem)")
    }
  }

  // MARK: - Cameras

  @Test("in every frame a camera is hidden, of the other one the ratio", arguments: [2, 3, 5]) func views(count: Int) throws {
    var configuration = Self.small(.mwmMultiview)
    configuration.input.views = (0..<count).map { "camera \($0)" }
    let model = try Model(configuration, seed: nil)
    let grid = configuration.grid
    #expect(grid.time == 2 * count)
    let visible = Int(Double(grid.count) * (1 - (0.75 + 0.25 / Double(count))))
    #expect(model.visibleTokens == visible && model.maskingRemark?.contains("1 of \(count) views") == true)
    let masking = try #require(try configuration.maskingStrategy() as? ViewMasking)
    var hidden = [Int](repeating: 0, count: count)
    for seed in 0..<400 {
      var random = RandomStream(seed: UInt64(seed))
      let slots = masking.hiddenSlots((0..<grid.time).map { _ in random.uniform(0, 1) })
      #expect(slots.count == 2 && slots[0] < count && slots[1] >= count)
      for slot in slots { hidden[slot % count] += 1 }
      var again = RandomStream(seed: UInt64(seed))
      #expect(masking.mask(MaskContext(grid: grid), random: &again).visible.count == visible)
    }
    // A half, a quarter, …, and the last two alike.
    for view in 0..<count {
      let chance = 1 / Double(1 << min(view + 1, count - 1))
      #expect(abs(Double(hidden[view]) / 800 - chance) < 0.08, "camera \(view)")
    }
  }

  @Test("every camera and frame has an embedding that learns; a shared one is one") func embeddings() throws {
    var configuration = Self.small(.mwmMultiview)
    let model = try Model(configuration, seed: 1)
    let rewards: [[String: Double]?] = [["reward 0": 1, "reward 1": 0], ["reward 0": 0, "reward 1": 2]]
    let found = Self.gradients(model, try Self.batch(model, rewards: rewards)).values
    for name in ["view_embed.front", "view_embed.wrist", "time_embed.0", "time_embed.1"] {
      for stack in ["encoder", "decoder"] {
        // A camera's tokens may all be hidden from the encoder.
        guard stack == "decoder" || !name.hasPrefix("view") else { continue }
        #expect(found["\(stack).\(name)"]?.contains { $0 != 0 } == true, "\(stack).\(name)")
      }
    }
    #expect(found["decoder.reward_embed"]?.contains { $0 != 0 } == true)
    configuration.options = ["shared-view-embedding": .truth(true)]
    let names = configuration.parameters.map(\.name).filter { $0.contains("view_embed") }
    #expect(names == ["encoder.view_embed.0", "decoder.view_embed.0"])
  }

  // MARK: - Touch

  @Test("of picture and touch shares in proportion are hidden", arguments: [(0.95, 60, 61), (0.75, 48, 48), (0.5, 32, 32)])
  func senses(ratio: Double, image: Int, sensor: Int) throws {
    let masking = SenseMasking(MaskingConfiguration(kind: .senses, ratio: ratio))
    let grid = TokenGrid(time: 3, height: 8, width: 8)
    var random = RandomStream(seed: 2)
    let mask = masking.mask(MaskContext(grid: grid), random: &random)
    #expect((0..<3).map { slot in mask.hidden.count { Int($0) / 64 == slot } } == [image, sensor, sensor])
  }

  @Test("predicted touch is repeated over squares as it is stored") func touch() throws {
    let model = try Model(Self.small(.mwmTactile), seed: 1)
    let batch = try Self.batch(model)
    let run = try #require(
      model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: Kernels(threads: 2))))
    #expect(run.values.rows == batch.masks.reduce(0) { $0 + $1.hidden.count } && run.values.width == 2 * 8 * 8 * 3)
    let values = run.values.tensor.floats()
    for (row, token) in batch.masks.flatMap(\.hidden).enumerated() where Int(token) >= 16 {
      for place in 0..<2 * 64 {
        let (y, x) = (place / 8, place % 8)
        let first = row * 384 + (y / 2 * 2 * 8 + x / 2 * 2) * 3
        let own = row * 384 + place * 3
        #expect(values[own..<own + 3] == values[first..<first + 3])
      }
    }
    // A picture alone is encoded, too.
    let shape = ClipBatchShape(samples: 1, frames: 2, size: FrameSize(square: 32))
    let picture = PixelSource(
      shape: shape, values: .bytes([UInt8](repeating: 9, count: shape.count)), mean: [0, 0, 0], deviation: [1, 1, 1])
    let tokens = EncoderTokens(visible: [Array(0..<16)])
    let latents = model.objective.encoder(picture, tokens, in: Pass(inferring: model.parameters, on: Kernels(threads: 1)))
    #expect(latents.rows == 16 && latents.tensor.floats().allSatisfy(\.isFinite))
  }

  // MARK: - Wrong use

  private static let impossible: [(Method, String, @Sendable (inout ModelConfiguration) -> Void)] = [
    (.mwm, "--patch-size 12 is not 2, 4, 8, 16 or 32", { ($0.input.patch, $0.input.size) = (12, FrameSize(square: 48)) }),
    (.mwm, "8 does not divide the encoder's width 36", { $0.encoder.blocks = BlockConfiguration(width: 36, depth: 1, heads: 1) }),
    (.mwm, "needs positions: views", { $0.input.frames = 2 }),
    (.mwm, "expected token or last-patch", { $0.options = ["reward-reads": .text("pixels")] }),
    (.mwm, "expected all, hidden or auto", { $0.options = ["loss-over": .text("some")] }),
    (.mwm, "expected at least 0", { $0.options = ["reward-weight": .number(-1)] }),
    (
      .mwm, "needs one class token",
      {
        $0.encoder.classToken = false; $0.decoder?.classToken = .none
      }
    ),
    (.mwm, "--views needs model.encoder.positions", { $0.input.views = ["front", "wrist"] }),
    (.mwmMultiview, "names of cameras, each once", { $0.input.views = ["front", "front"] }),
    (.mwmMultiview, "hidden-views is 2; expected fewer than the 2 views", { $0.masking.options = ["hidden-views": .whole(2)] }),
    (.mwmMultiview, "last-patch is of one frame", { $0.options = ["reward-reads": .text("last-patch")] }),
    (.mwmTactile, "needs sensors", { $0.input.touch = nil }),
    (.mwmTactile, "a power of two that divides --patch-size 8", { $0.input.touch?.patch = 3 }),
    (.mwmTactile, "needs --stem conv", { $0.encoder.stem = nil }),
    (.mwmTactile, "--tubelet-size must be --num-frames", { $0.input.tubelet = 1 }),
    (.mae, "model.input.touch needs mwm-tactile", { $0.input.touch = TouchConfiguration(sensors: 1, patch: 4) }),
  ]

  @Test("what cannot be built is said in a sentence", arguments: impossible)
  func wrongUse(method: Method, words: String, change: @Sendable (inout ModelConfiguration) -> Void) {
    var configuration = method == .mae ? Method.mae.model(.tiny) : Self.small(method)
    change(&configuration)
    let error = #expect(throws: ConfigurationError.self) { try Model(configuration, seed: nil) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test("behind a stem too few tokens of SiamMAE stay visible at its ratio, and that is said") func tooFew() {
    var configuration = Self.small(.siammae)
    (configuration.encoder.stem, configuration.masking.ratio) = (.conv, 0.95)
    let error = #expect(throws: ConfigurationError.self) { try Model(configuration, seed: nil) }
    #expect(error?.description.contains("leaves nothing visible of") == true)
  }
}
