import MAECore
import MAEEngine
import MAEModels
import Testing

/// A training step of each method: the same bits on any number of threads, no allocation once shapes repeat.
@Suite struct StepTests {
  static func configuration(_ method: Method) -> ModelConfiguration {
    var model = method.model(.tiny)
    model.input.size = FrameSize(width: 64, height: 32)
    model.input.patch = 8
    if model.input.frames > 1 {
      // So few that the loss is computed in one part.
      model.input.frames = model.input.viewCount > 1 ? 2 : 4
      if model.target.predictedFrames != nil { model.target.predictedFrames = 2 }
    }
    model.encoder.blocks.depth = 2
    model.decoder?.blocks.depth = 2
    // Four rows of patches leave no unit of 4 × 4 visible.
    if method == .pixio { model.masking.rounding = .visibleDownPatches(side: 2) }
    return model
  }

  static func batch(_ model: Model, samples: Int = 3) throws -> Batch {
    let configuration = model.configuration
    let shape = ClipBatchShape(samples: samples, frames: configuration.sampleFrames, size: configuration.input.size)
    var random = RandomStream(seed: 8)
    let list = (0..<samples).map { Sample(file: 0, position: $0, epoch: 0, crop: PixelRect(whole: shape.size)) }
    let clips = ClipBatch(
      shape: shape, pixels: (0..<shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }, samples: list)
    return model.batch(clips, masks: try model.masks(for: list, random: RandomStream(seed: 5)))
  }

  /// Loss and gradients as training computes them.
  static func gradients(
    _ configuration: ModelConfiguration, threads: Int, samples: Int = 3, recomputes: Bool = false,
    random: RandomStream? = nil
  ) throws -> [Float] {
    let model = try Model(configuration, seed: 1)
    let batch = try batch(model, samples: samples)
    let result = GradientPass(model, recomputes: recomputes, on: Kernels(threads: threads)) { _, pass in
      pass.random = random
      return batch
    }
    return [Float(result.loss)] + model.parameters.gradients.floats()
  }

  /// The same through predictions of the whole batch.
  static func wholeGradients(_ configuration: ModelConfiguration, samples: Int = 3) throws -> [Float] {
    let model = try Model(configuration, seed: 1)
    let tape = Tape(model.parameters, on: Kernels(threads: 2))
    let batch = try batch(model, samples: samples)
    let loss = try #require(model.objective.prediction(of: batch, in: Pass(on: tape))).loss.total
    tape.backward(from: loss)
    model.parameters.completeGradients()
    return loss.tensor.floats() + model.parameters.gradients.floats()
  }

  @Test("loss and gradients have the same bits on 1, 2 and 3 threads", arguments: Catalogue.builtIn.methods)
  func threads(_ method: Method) throws {
    let configuration = Self.configuration(method)
    let one = try Self.gradients(configuration, threads: 1)
    #expect(one.allSatisfy(\.isFinite) && one.contains { $0 != 0 })
    #expect(try Self.gradients(configuration, threads: 2) == one)
    #expect(try Self.gradients(configuration, threads: 3) == one)
  }

  @Test("recomputing blocks changes no bit", arguments: Catalogue.builtIn.methods)
  func recompute(_ method: Method) throws {
    var configuration = Self.configuration(method)
    // Wide enough that the derivative of a memory is summed in several blocks.
    if method == .siammae { configuration.decoder?.blocks.width = 480 }
    #expect(
      try Self.gradients(configuration, threads: 2, recomputes: true) == Self.gradients(configuration, threads: 2))
  }

  @Test("a loss that is computed in one part has the bits of whole predictions", arguments: Catalogue.builtIn.methods)
  func streaming(_ method: Method) throws {
    let configuration = Self.configuration(method)
    #expect(try Self.gradients(configuration, threads: 2) == Self.wholeGradients(configuration))
  }

  @Test("a loss that is computed in several parts changes the order of sums, for any number of threads alike")
  func streamingParts() throws {
    for method in [Method.mae, .siammae] {
      let configuration = Self.configuration(method)
      // Two dozen hidden tokens each: several parts.
      let streamed = try Self.gradients(configuration, threads: 2, samples: 64)
      #expect(try Self.gradients(configuration, threads: 3, samples: 64) == streamed)
      let whole = try Self.wholeGradients(configuration, samples: 64)
      #expect(streamed != whole)
      let largest = whole.map(abs).max()!
      #expect(zip(streamed, whole).allSatisfy { abs($0 - $1) < 1e-5 * largest })
    }
  }

  @Test("batches whose gradients are added count their shares")
  func accumulation() throws {
    let configuration = Self.configuration(.mae)
    let (model, kernels) = (try Model(configuration, seed: 1), Kernels(threads: 2))
    let batch = try Self.batch(model)
    let once = GradientPass(model, on: kernels) { _, _ in batch }
    let alone = model.parameters.gradients.floats()
    let twice = GradientPass(model, on: kernels)(batches: 2) { _, _ in batch }
    #expect(once.loss == twice.loss && twice.flops == 2 * once.flops)
    let largest = alone.map(abs).max()!
    #expect(zip(model.parameters.gradients.floats(), alone).allSatisfy { abs($0 - $1) < 1e-6 * largest })
  }

  @Test("nothing is allocated after the second step", arguments: Catalogue.builtIn.methods)
  func allocations(_ method: Method) throws {
    let (model, kernels) = (try Model(Self.configuration(method), seed: 1), Kernels(threads: 2))
    let batch = try Self.batch(model)
    var misses = 0
    for step in 0..<4 {
      if step == 2 { misses = kernels.pool.misses }
      _ = GradientPass(model, on: kernels) { _, _ in batch }
    }
    #expect(kernels.pool.misses == misses)
  }

  @Test(
    "published sizes allocate nothing after the second step either", arguments: Catalogue.builtIn.methods,
    [ModelSize.tiny, .small])
  func plannedAllocations(_ method: Method, _ size: ModelSize) throws {
    let (model, kernels) = (try Model(method.model(size), seed: nil), Kernels(planningFor: 2))
    let batch = try Self.batch(model, samples: 4)
    for recompute in [false, true] {
      var misses = 0
      for step in 0..<5 {
        if step == 2 { misses = kernels.pool.misses }
        _ = GradientPass(model, recomputes: recompute, on: kernels) { _, _ in batch }
      }
      #expect(kernels.pool.misses == misses, "recompute: \(recompute)")
    }
  }

  @Test("planning takes the memory that a step takes", arguments: Catalogue.builtIn.methods, [false, true])
  func planning(_ method: Method, recompute: Bool) throws {
    let model = try Model(Self.configuration(method), seed: 1)
    let batch = try Self.batch(model)
    let reserved = [Kernels(planningFor: 2), Kernels(threads: 2)].map { kernels in
      for _ in 0..<2 {
        _ = GradientPass(model, recomputes: recompute, on: kernels) { _, _ in batch }
      }
      return kernels.pool.reservedBytes
    }
    #expect(reserved[0] == reserved[1] && reserved[0] > 0)
  }

  @Test("dropout is drawn anew from its stream, the same for any number of threads", arguments: CrossDecoding.Order.allCases)
  func dropout(_ order: CrossDecoding.Order) throws {
    var configuration = Self.configuration(.siammae)
    configuration.decoder?.cross?.order = order
    let plain = try Self.gradients(configuration, threads: 2)
    configuration.decoder?.cross?.dropout = 0.1
    func gradients(threads: Int, _ seed: UInt64?) throws -> [Float] {
      try Self.gradients(configuration, threads: threads, random: seed.map { RandomStream(seed: $0) })
    }
    let dropped = try gradients(threads: 2, 1)
    #expect(try gradients(threads: 1, 1) == dropped)
    #expect(try gradients(threads: 3, 1) == dropped)
    #expect(try gradients(threads: 2, 2) != dropped)
    #expect(dropped != plain)
    #expect(try gradients(threads: 2, nil) == plain)
  }

  @Test("dropout keeps the mean") func dropoutKeepsTheMean() throws {
    let kernels = Kernels(threads: 2)
    let tape = Tape(ParameterStore(ParameterScope(), seed: 1), on: kernels, recording: false)
    let ones = tape.constant(kernels.tensor([Float](repeating: 1, count: 100_000), [1000, 100]))
    let values = ones.dropped(Dropout(rate: 0.3, random: RandomStream(seed: 4))).tensor.floats()
    #expect(Set(values) == [0, 1 / (1 - 0.3 as Float)])
    // Three deviations of a share of 0.3 among 100,000.
    #expect(abs(Double(values.count { $0 == 0 }) / 1e5 - 0.3) < 0.0045)
    // Neighbours are independent: both dropped in 0.09 of the pairs.
    let pairs = zip(values, values.dropFirst()).count { $0 == 0 && $1 == 0 }
    #expect(abs(Double(pairs) / 1e5 - 0.09) < 0.004)
  }

  @Test("of the hidden tokens as many are predicted as the share says, others in each sample and the same in each run")
  func keptTokens() throws {
    var configuration = Self.configuration(.crossmae)
    configuration.masking.keptRatio = 0.15
    let masks = try Self.batch(Model(configuration, seed: nil), samples: 8).masks
    // Of 32 tokens 8 are visible, and ⌊32 · 0.6⌋ = 19 thrown away.
    #expect(masks.allSatisfy { $0.visible.count == 8 && $0.hidden.count == 5 && $0.droppedCount == 19 })
    #expect(masks.allSatisfy { Set($0.visible).isDisjoint(with: $0.hidden) && $0.hidden == $0.hidden.sorted() })
    #expect(Set(masks.map(\.hidden)).count == 8)
    #expect(try Self.batch(Model(configuration, seed: nil), samples: 8).masks == masks)
    configuration.masking = configuration.masking.ofAllTokens
    #expect(try Self.batch(Model(configuration, seed: nil)).masks.allSatisfy { $0.droppedCount == 0 })
    // With every token predicted the encoder's masks are the same.
    #expect(try Self.batch(Model(configuration, seed: nil), samples: 8).masks.map(\.visible) == masks.map(\.visible))
  }

  @Test("what a hidden token is predicted to be depends on no other hidden token")
  func hiddenTokensDoNotMeet() throws {
    var configuration = Self.configuration(.crossmae)
    configuration.masking.keptRatio = nil
    let (model, kernels) = (try Model(configuration, seed: 1), Kernels(threads: 2))
    var batch = try Self.batch(model, samples: 2)
    func predicted() throws -> (values: [Float], width: Int) {
      let pass = Pass(inferring: model.parameters, on: kernels)
      let values = try #require(model.objective.prediction(of: batch, in: pass)).values
      return (values.tensor.floats(), values.width)
    }
    let all = try predicted()
    let hidden = batch.masks.map(\.hidden.count)
    batch.masks = batch.masks.map { $0.predicting(Array($0.hidden[3..<7])) }
    let some = try predicted()
    for (sample, count) in hidden.enumerated() {
      let first = (sample * count + 3) * all.width
      let (theirs, ours) = (all.values[first...], some.values[(sample * 4 * all.width)...].prefix(4 * all.width))
      #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  private static let impossibleChanges: [(String, @Sendable (inout ModelConfiguration) -> Void)] = [
    ("--kept-mask-ratio is 0.8", { $0.masking.keptRatio = 0.8 }),
    ("--kept-mask-ratio is 0.0", { $0.masking.keptRatio = 0 }),
    ("both say which tokens", { $0.masking.decoderRatio = 0.5 }),
    ("leaves none", { $0.masking = given(hiding: 8) }),
    ("throws tokens away itself", { $0.masking.kind = .attention }),
    ("names block 3; the encoder has 2", { $0.options = ["feature-blocks": .text("1,3")] }),
    ("expected all, or numbers", { $0.options = ["feature-blocks": .text("0,1")] }),
    ("no norm after the encoder", { $0.encoder.finalNorm = true }),
  ]

  @Test("an impossible share or feature is an error that says so", arguments: impossibleChanges)
  func impossible(words: String, change: @Sendable (inout ModelConfiguration) -> Void) {
    var configuration = Self.configuration(.crossmae)
    change(&configuration)
    let error = #expect(throws: ConfigurationError.self) { try Model(configuration, seed: nil) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  /// One mask of 32 tokens; three quarters are hidden by its ratio, a quarter of them kept.
  private static func given(hiding count: Int) -> MaskingConfiguration {
    var masking = MaskingConfiguration(kind: .given, ratio: 0.75)
    masking.masks = [String(repeating: "1", count: count) + String(repeating: "0", count: 32 - count)]
    masking.keptRatio = 0.25
    return masking
  }

  @Test("decoder masking asks for half of the tokens and scores those the encoder did not see")
  func decoderMasking() throws {
    var configuration = Self.configuration(.videomae)
    configuration.masking.decoderRatio = 0.5
    let (model, kernels) = (try Model(configuration, seed: 1), Kernels(threads: 2))
    let batch = try Self.batch(model)
    for mask in batch.masks {
      #expect(mask.hidden.count == configuration.grid.count / 2)
      #expect(mask.unscored == mask.hidden.filter(Set(mask.visible).contains))
      #expect(!mask.unscored.isEmpty)
    }
    let run = try #require(
      model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: kernels)))
    // The loss by hand: mean of squared differences over the scored rows.
    let (prediction, target, width) = (run.values.tensor.floats(), run.targets.floats(), run.values.width)
    var (sum, count, row) = (0.0, 0, 0)
    for mask in batch.masks {
      for token in mask.hidden {
        if !mask.unscored.contains(token) {
          for index in row * width..<(row + 1) * width {
            sum += Double((prediction[index] - target[index]) * (prediction[index] - target[index]))
          }
          count += width
        }
        row += 1
      }
    }
    #expect(abs(Double(run.loss.total.tensor.scalar) - sum / Double(count)) < 1e-5)
  }
}
