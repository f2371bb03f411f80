import Foundation
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
    _ model: Model, samples: Int = 2, rewards: [[String: Double]?] = [], vectors: [[Float]] = [],
    change: (inout [UInt8]) -> Void = { _ in }
  ) throws -> Batch {
    let configuration = model.configuration
    let shape = ClipBatchShape(samples: samples, frames: configuration.sampleFrames, size: configuration.input.size)
    var random = RandomStream(seed: 8)
    var pixels = (0..<shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    change(&pixels)
    let list = (0..<samples).map {
      Sample(
        file: 0, position: $0, epoch: 0, crop: PixelRect(whole: shape.size), numbers: rewards.isEmpty ? nil : rewards[$0],
        vector: vectors.isEmpty ? nil : vectors[$0])
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

  // MARK: - Patches and vectors of several senses

  private static func senses(_ stem: Stem, sensors: Int, vector: Int?) -> ModelConfiguration {
    var model = small(.mwmTactile)
    model.encoder.stem = stem
    model.input.touch?.sensors = sensors
    model.input.vector = vector.map { VectorInput(name: "state", count: $0) }
    return model
  }

  /// Different in every sample and place, of both signs and large enough for symlog to matter.
  private static let vectors: [[Float]] = [[0.5, -3, 40], [-0.25, 7, 0]]

  private static func numbers(_ tensor: Tensor) -> [Double] { tensor.floats().map(Double.init) }

  /// What a norm makes of values, before its scale and shift.
  private static func normalized(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return values.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
  }

  @Test(
    "along its own direction a gradient is the slope of the loss",
    arguments: [(Stem.patches, 2, nil), (.patches, 2, 3), (.patches, 0, 3), (.conv, 0, 3), (.conv, 2, 3)] as [(Stem, Int, Int?)])
  func slopes(stem: Stem, sensors: Int, vector: Int?) throws {
    var configuration = Self.senses(stem, sensors: sensors, vector: vector)
    configuration.options = ["touch-weight": .number(1)]
    let model = try Model(configuration, seed: 3)
    let batch = try Self.batch(model, vectors: vector == nil ? [] : Self.vectors)
    let gradients = Self.gradients(model, batch).values
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let gradient = try #require(gradients[parameter.name])
      let size = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(size > 1e-6, "\(parameter.name)")
      let values = model.parameters.values(of: parameter)
      // Of a stem small, so that few of its values cross zero on the way.
      let (step, share, least) = stem == .conv ? (0.002, 0.05, 3e-4) : (0.02, 0.03, 1e-4)
      func loss(_ sign: Double) -> Double {
        model.parameters.setValues(
          zip(values, gradient).map { Float(Double($0) + sign * step * Double($1) / size) }, of: parameter)
        return GradientPass(model, on: Kernels(threads: 2)) { _, _ in batch }.loss
      }
      let slope = (loss(1) - loss(-1)) / (2 * step)
      model.parameters.setValues(values, of: parameter)
      #expect(abs(slope - size) < share * size + least, "\(parameter.name): \(slope), not \(size)")
    }
  }

  @Test("without a stem a token is norm, map and norm of its patch's values, row by row and column by column")
  func patchValues() throws {
    let model = try Model(Self.senses(.patches, sensors: 2, vector: nil), seed: 1)
    let batch = try Self.batch(model)
    let encoder = model.objective.encoder
    // Of either sense other tokens in each sample, and not as many.
    let visible: [[Int32]] = [[1, 6, 15, 18, 47], [0, 2, 30, 31, 33]]
    var random = RandomStream(seed: 4)
    for parameter in model.parameters.parameters where parameter.name.contains("patch_embed") {
      let values = model.parameters.values(of: parameter).map { $0 + Float(0.1 * random.normal()) }
      model.parameters.setValues(values, of: parameter)
    }
    let rows = encoder.embedding(
      of: batch.pixels, EncoderTokens(visible: visible), in: Pass(inferring: model.parameters, on: Kernels(threads: 2))
    ).tensor
    func values(_ name: String) throws -> [Double] {
      let parameter = try #require(model.parameters["encoder.patch_embed.\(name)"], "\(name)")
      return model.parameters.values(of: parameter).map(Double.init)
    }
    guard case .bytes(let bytes) = batch.pixels.values else {
      Issue.record("the pixels are no bytes")
      return
    }
    let width = rows.width
    #expect(rows.count == 10 * width)
    for (row, (sample, token)) in visible.enumerated().flatMap({ sample, list in list.map { (sample, Int($0)) } }).enumerated() {
      let (slot, place) = (token / 16, token % 16)
      let (patch, step, prefix) = slot == 0 ? (8, 1, "") : (4, 2, "touch.")
      var pixels: [Double] = []
      for y in 0..<patch {
        for x in 0..<patch {
          for frame in 0..<2 {
            let line = ((sample * 6 + slot * 2 + frame) * 32 + place / 4 * 8 + y * step) * 32 + place % 4 * 8 + x * step
            pixels += (0..<3).map { Double(bytes[line * 3 + $0]) / 255 }
          }
        }
      }
      let (scale, shift) = (try values(prefix + "values_norm.weight"), try values(prefix + "values_norm.bias"))
      let input = zip(Self.normalized(pixels), zip(scale, shift)).map { $0 * $1.0 + $1.1 }
      let (weight, bias) = (try values(prefix + "proj.weight"), try values(prefix + "proj.bias"))
      let mapped = (0..<width).map { output in
        input.indices.reduce(bias[output]) { $0 + weight[output * input.count + $1] * input[$1] }
      }
      let ends = zip(try values(prefix + "norm.weight"), try values(prefix + "norm.bias"))
      let expected = zip(Self.normalized(mapped), ends).map { $0 * $1.0 + $1.1 }
      let found = Self.numbers(rows.rows(row..<row + 1))
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "sample \(sample), token \(token)")
    }
  }

  @Test("hidden patches alone count without a stem, unless all are asked for", arguments: ["auto", "all", "hidden"])
  func hiddenPatches(scope: String) throws {
    for stem in [Stem.patches, .conv] {
      var configuration = Self.senses(stem, sensors: 2, vector: 3)
      configuration.options = ["loss-over": .text(scope), "vector-weight": .number(2)]
      let model = try Model(configuration, seed: 1)
      let batch = try Self.batch(model, vectors: Self.vectors)
      let objective = try #require(model.objective as? TouchWorldModel)
      let kernels = Kernels(threads: 2)
      let pass = Pass(inferring: model.parameters, on: kernels)
      let (image, touch) = objective.predictions(of: batch, in: pass)
      let felt = try #require(touch)
      #expect(image.tensor.shape == [2 * 16, 2 * 8 * 8 * 3] && felt.tensor.shape == [2 * 32, 2 * 4 * 4 * 3])
      let isOverAll = scope == "all" || scope == "auto" && stem == .conv
      func error(_ values: Variable, _ slots: Range<Int>, _ patch: Int) -> Double {
        let targets = Self.numbers(kernels.values(of: objective.targets(batch, slots: slots, patch: patch)).values)
        let (found, width, tokens) = (Self.numbers(values.tensor), values.width, slots.count * 16)
        var (sum, count) = (0.0, 0)
        for row in 0..<values.rows {
          let token = Int32(slots.lowerBound * 16 + row % tokens)
          guard isOverAll || batch.masks[row / tokens].hidden.contains(token) else { continue }
          for place in row * width..<(row + 1) * width {
            sum += (found[place] - targets[place]) * (found[place] - targets[place])
          }
          count += width
        }
        return sum / Double(count)
      }
      let loss = objective.loss(of: batch, in: Pass(inferring: model.parameters, on: kernels))
      let parts = Dictionary(uniqueKeysWithValues: loss.parts.map { ($0.name, $0.value) })
      let expected = (error(image, 0..<1, 8), error(felt, 1..<3, 4))
      #expect(abs(parts["reconstruction"]! - expected.0) < 1e-4 * expected.0, "\(stem)")
      #expect(abs(parts["touch"]! - expected.1) < 1e-4 * expected.1, "\(stem)")
      let total = expected.0 + 10 * expected.1 + 2 * parts["vector"]!
      #expect(abs(Double(loss.total.tensor.scalar) - total) < 1e-4 * total)
    }
  }

  @Test("a vector's token is the map of its symlog and a row of its own, the last one, and never hidden")
  func vectorToken() throws {
    for (sensors, ratio) in [(0, 0.75), (2, 0.95)] {
      var configuration = Self.senses(.conv, sensors: sensors, vector: 3)
      configuration.masking.ratio = ratio
      let model = try Model(configuration, seed: 1)
      let batch = try Self.batch(model, vectors: Self.vectors)
      let (encoder, kernels) = (model.objective.encoder, Kernels(threads: 2))
      let (slots, width) = (1 + sensors, configuration.encoder.blocks.width)
      #expect(model.visibleTokens == batch.masks[0].visible.count && configuration.grid.count == slots * 16)
      func values(_ name: String, _ shape: [Int]) throws -> [Double] {
        let parameter = try #require(model.parameters[name], "\(name)")
        #expect(parameter.shape == shape, "\(name)")
        return model.parameters.values(of: parameter).map(Double.init)
      }
      let bias = try #require(model.parameters["encoder.vector_embed.bias"])
      model.parameters.setValues((0..<width).map { Float($0) / 64 }, of: bias)
      let weight = try values("encoder.vector_embed.weight", [width, 3])
      let row = try values("encoder.sense_embed", [1, slots + 1, width]).suffix(width)
      _ = try values("decoder.sense_embed", [1, slots + 1, width])
      func states(_ batch: Batch) -> [[[Double]]] {
        let tokens = EncoderTokens(visible: batch.masks.map(\.visible))
        let all = encoder.states(batch.pixels, tokens, in: Pass(inferring: model.parameters, on: kernels))[0]
        let values = Self.numbers(all.tensor)
        return (0..<2).map { sample in
          (0..<all.rows / 2).map { row in
            Array(values[(sample * (all.rows / 2) + row) * width..<(sample * (all.rows / 2) + row + 1) * width])
          }
        }
      }
      let (with, without) = (states(batch), states(try Self.batch(model)))
      for sample in 0..<2 {
        #expect(with[sample].count == model.visibleTokens + 1 && Array(with[sample].dropLast()) == without[sample])
        for (channel, own) in row.enumerated() {
          let expected = (0..<3).reduce(own + Double(channel) / 64) { sum, place in
            let value = Double(Self.vectors[sample][place])
            return sum + weight[channel * 3 + place] * (value < 0 ? -1 : 1) * log1p(abs(value))
          }
          #expect(abs(with[sample].last![channel] - expected) < 1e-4, "channel \(channel)")
        }
      }
    }
  }

  @Test("the error of the vector is that of its symlog, and samples without one have none") func vectorError() throws {
    var configuration = Self.senses(.patches, sensors: 0, vector: 3)
    configuration.options = ["vector-weight": .number(0.5)]
    let model = try Model(configuration, seed: 1)
    let (weight, bias) = (
      try #require(model.parameters["decoder.vector_pred.weight"]), try #require(model.parameters["decoder.vector_pred.bias"])
    )
    model.parameters.setValues([Float](repeating: 0, count: weight.count), of: weight)
    let guess = [1, -2, 0.5]
    model.parameters.setValues(guess.map { Float($0) }, of: bias)
    let found = Self.gradients(model, try Self.batch(model, vectors: Self.vectors)).loss
    var expected = 0.0
    for vector in Self.vectors {
      for (value, guessed) in zip(vector, guess) {
        let difference = guessed - Symlog.of(Double(value))
        expected += difference * difference / 6
      }
    }
    #expect(abs(found.parts["vector"]! - expected) < 1e-5 * expected)
    #expect(found.parts.keys.sorted() == ["reconstruction", "vector"])
    #expect(abs(found.loss - found.parts["reconstruction"]! - 0.5 * expected) < 1e-4)
    #expect(Self.gradients(model, try Self.batch(model)).loss.parts.keys.sorted() == ["reconstruction"])
    // Pictures are completed, too.
    let batch = try Self.batch(model, vectors: Self.vectors)
    let run = try #require(
      model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: Kernels(threads: 2))))
    #expect(run.values.rows == batch.masks.reduce(0) { $0 + $1.hidden.count } && run.loss.parts.last?.name == "vector")
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
    (
      .mwmTactile, "expected a power of two",
      {
        $0.input.touch?.patch = 16; $0.encoder.stem = nil
      }
    ),
    (.mwmTactile, "or a vector beside the picture, --vector", { $0.input.touch?.sensors = 0 }),
    (
      .mwmTactile, "model.input.touch.sensors is -1",
      {
        $0.input.touch?.sensors = -1; $0.input.vector = VectorInput(name: "state", count: 3)
      }
    ),
    (.mwmTactile, "expected a name and a length", { $0.input.vector = VectorInput(name: "state", count: 0) }),
    (.mwmTactile, "vector-weight", { $0.options = ["vector-weight": .number(-1)] }),
    (.mae, "--vector needs mwm-tactile", { $0.input.vector = VectorInput(name: "state", count: 3) }),
    (
      .mwm, "--vector needs mwm-tactile",
      { ($0.encoder.positions, $0.input.vector) = (.senses, VectorInput(name: "state", count: 3)) }
    ),
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
