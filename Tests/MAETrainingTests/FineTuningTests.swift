import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAERecipes
import MAETraining
import TestSupport
import Testing

/// Pictures whose brightness tells their class: batch *k* depends on *k* alone.
private final class BrightnessSource: BatchSource {
  private var batch: Int
  private let shape: ClipBatchShape
  var waitSeconds = 0.0
  var badFiles: [BadFile] = []

  init(_ recipe: Recipe, startingAt batch: Int) {
    self.batch = batch
    shape = ClipBatchShape(samples: recipe.run.batchSize, frames: recipe.model.sampleFrames, size: recipe.model.input.size)
  }

  func next() throws -> ClipBatch {
    var (pixels, samples): ([UInt8], [Sample]) = ([], [])
    for slot in 0..<shape.samples {
      let position = batch * shape.samples + slot
      var random = RandomStream(seed: 7).fork("brightness", position)
      let label = random.below(3)
      for _ in 0..<shape.valuesPerSample { pixels.append(UInt8(50 + 60 * label + random.below(40))) }
      samples.append(Sample(file: 0, position: position, epoch: 0, crop: PixelRect(whole: shape.size), label: label))
    }
    batch += 1
    return ClipBatch(shape: shape, pixels: pixels, samples: samples)
  }
}

@Suite struct FineTuningTests {
  private func recipe(steps: Int, method: MAEModels.Method = .mae, trainedBlocks: Double? = nil) -> Recipe {
    let pretrained = Small.recipe(method, steps: steps)
    var recipe = FineTuningPreset.small.recipe(pretrained.model, classes: ["dark", "grey", "light"], samples: 100)
    recipe.model.classifier?.trainedBlocks = trainedBlocks
    recipe.run.batchSize = 6
    recipe.optimizer.learningRate = 3e-3
    (recipe.schedule.epochs, recipe.schedule.steps) = (nil, steps)
    return recipe
  }

  private func run(_ recipe: Recipe, in path: String, threads: Int = 1) throws -> Pretraining {
    try Small.pretraining(recipe, in: path, threads: threads) { BrightnessSource(recipe, startingAt: $0) }
  }

  private func accuracy(of model: Model, _ recipe: Recipe) throws -> Double {
    let batch = try BrightnessSource(recipe, startingAt: 1000).next()
    let classifier = try #require(model.objective as? Classifier)
    let pass = Pass(inferring: model.parameters, on: Kernels(threads: 1))
    let logits = classifier.logits(of: model.source(batch), in: pass).logits.tensor.floats()
    let right = batch.samples.enumerated().count { row, sample in
      let own = logits[row * 3..<(row + 1) * 3]
      return own.firstIndex(of: own.max()!)! - row * 3 == sample.label
    }
    return Double(right) / Double(batch.samples.count)
  }

  @Test("classes are learned, with everything that is done to samples", arguments: [MAEModels.Method.mae, .videomae, .maeST])
  func learns(method: MAEModels.Method) throws {
    let folder = TemporaryFolder()
    var recipe = recipe(steps: 150, method: method)
    recipe.model.encoder.dropPath = 0.1
    if method == .maeST { recipe.model.input.frames = 4 }
    recipe.run.batchSize = 12
    let run = try run(recipe, in: folder.path("run"))
    #expect(try run.train() == .finished)
    #expect(try accuracy(of: run.model, recipe) > 0.8)
  }

  @Test("a run that stopped and went on equals one that did not, running mean and all", arguments: [nil, 0.9])
  func resume(averageDecay: Double?) throws {
    let folder = TemporaryFolder()
    var recipe = recipe(steps: 9)
    recipe.model.encoder.dropPath = 0.3
    recipe.model.classifier?.dropout = 0.2
    recipe.fineTuning?.averageDecay = averageDecay
    let whole = try run(recipe, in: folder.path("whole"))
    #expect(try whole.train() == .finished)
    do { #expect(try run(recipe, in: folder.path("parts")).train(stopAfter: 4) == .interrupted(step: 4)) }
    let second = try run(recipe, in: folder.path("parts"), threads: 2)
    #expect(second.continuedFrom == 4)
    #expect(try second.train() == .finished)
    #expect(second.model.parameters.trainable.floats() == whole.model.parameters.trainable.floats())
    let saved = try ["whole", "parts"].map { name in
      try Checkpoint.read(path: folder.path(name)).weights.map { "\($0.name) \($0.tensor.floats())" }
    }
    #expect(saved[0] == saved[1])
  }

  @Test("what is saved of a run with a running mean is that mean") func savesTheMean() throws {
    let folder = TemporaryFolder()
    var recipe = recipe(steps: 3)
    recipe.fineTuning?.averageDecay = 0.75
    recipe.run.saveEvery = 1
    recipe.run.keep = 10
    let run = try run(recipe, in: folder.path("run"))
    var weights = [run.model.parameters.values(of: try #require(run.model.parameters["head.weight"]))]
    for step in 1...3 {
      _ = try run.train(stopAfter: step)
      weights.append(run.model.parameters.values(of: try #require(run.model.parameters["head.weight"])))
    }
    var mean = weights[0]
    for later in weights.dropFirst() { mean = zip(mean, later).map { $0 + 0.25 * ($1 - $0) } }
    let saved = try #require(Checkpoint.read(path: folder.path("run")).weights["head.weight"]).floats()
    #expect(saved != weights[3])
    for (ours, theirs) in zip(mean, saved) { #expect(abs(ours - theirs) < 1e-7) }
  }

  @Test("of a part of the blocks nothing else changes, and nothing is remembered of it", arguments: [0, 0.5, 1, 1.5])
  func partial(trainedBlocks: Double) throws {
    let folder = TemporaryFolder()
    let recipe = recipe(steps: 3, trainedBlocks: trainedBlocks)
    let run = try run(recipe, in: folder.path("run"))
    let store = run.model.parameters
    let before = store.parameters.map { store.values(of: $0) }
    #expect(try run.train() == .finished)
    let changed = Set(zip(store.parameters, before).filter { store.values(of: $0) != $1 }.map(\.0.name))
    var expected: Set = ["fc_norm", "head"]
    if trainedBlocks >= 0.5 { expected.formUnion(["encoder.blocks.1.norm2", "encoder.blocks.1.mlp"]) }
    if trainedBlocks >= 1 { expected.formUnion(["encoder.blocks.1.norm1", "encoder.blocks.1.attn"]) }
    if trainedBlocks >= 1.5 { expected.formUnion(["encoder.blocks.0.norm2", "encoder.blocks.0.mlp"]) }
    #expect(changed == Set(store.parameters.map(\.name).filter { name in expected.contains { name.hasPrefix($0 + ".") } }))
    let state = try SafeTensorsReader.read(path: run.checkpointPath + "/optimizer.safetensors")
    #expect(Set(state.names.map { $0.replacing("exp_avg_sq.", with: "").replacing("exp_avg.", with: "") }) == changed)
  }

  @Test("each way of fine-tuning has the numbers of its public script") func numbers() {
    let recipes = Dictionary(
      uniqueKeysWithValues: FineTuningPreset.allCases.map { preset in
        let method: MAEModels.Method = preset.samples == .clips ? .videomae : .mae
        return (preset, preset.recipe(method.model(.base), classes: ["a", "b"], samples: 10_000))
      })
    for (preset, recipe) in recipes {
      let isVideoMAE = preset.rawValue.hasPrefix("videomae")
      // The end of the cosine: whatever the batch, or for 256 samples.
      #expect(recipe.schedule.minimumLearningRate == (isVideoMAE ? nil : 1e-6), "\(preset)")
      #expect(recipe.schedule.minimumBaseLearningRate == (isVideoMAE ? 1e-6 : 0), "\(preset)")
      #expect(recipe.schedule.kind == (isVideoMAE ? .cosineTable : .halfCosine), "\(preset)")
      #expect(recipe.fineTuning?.augmentations == (isVideoMAE ? 4 : 2), "\(preset)")
      #expect(recipe.fineTuning?.magnitude == (preset == .small ? 5 : preset.samples == .clips ? 7 : 9), "\(preset)")
    }
    let something = recipes[.videoMAEBaseSSv2]
    #expect(something?.data.sampling == .uniform && something?.data.flip == 0 && something?.data.repeats == 2)
    #expect(something?.schedule.epochs == 30 && something?.optimizer.layerDecay == 0.75)
    let ucf = recipes[.videoMAEBaseUCF101]
    #expect(ucf?.data.sampling == .clip && ucf?.data.flip == 0.5)
    #expect(ucf?.schedule.epochs == 100 && ucf?.optimizer.layerDecay == 0.7 && ucf?.optimizer.baseLearningRate == 5e-4)
    #expect(ucf?.model.encoder.dropPath == 0.2 && ucf?.model.classifier?.dropout == 0.5)
    #expect(FineTuningPreset.suiting(.stills) == [.small, .maeBase, .maeLarge, .maeHuge])
    let (small, base) = (FineTuningPreset.small.alters, FineTuningPreset.maeBase.alters)
    #expect(small.mixup < base.mixup && small.cutmix == 0 && small.erasing == 0 && small.magnitude < base.magnitude)
    #expect(base == FineTuningRecipe())
    let random = FineTuningPreset.small.recipe(
      MAEModels.Method.mae.model(.tiny), classes: ["a", "b"], samples: 40, isPretrained: false)
    #expect(random.optimizer.layerDecay == nil)
  }

  @Test("a stored run reads as the recipe that it was", arguments: FineTuningPreset.allCases)
  func stored(preset: FineTuningPreset) throws {
    for method in [MAEModels.Method.mae, .videomae, .maeST, .siammae, .simmim, .crossmae, .pixio] {
      var recipe = preset.recipe(method.model(.tiny), classes: ["1", "on", "a b", "null"], samples: 40)
      recipe.fineTuning?.averageDecay = 0.5
      recipe.model.classifier?.trainedBlocks = 2.5
      recipe.data.inputs = ["/a"]
      #expect(recipe.problems.isEmpty, "\(method): \(recipe.problems)")
      let read = try Recipe(yaml: recipe.yaml, path: "config.yaml")
      #expect(read == recipe, "\(method), \(preset)")
      #expect(read.fingerprint == recipe.fingerprint)
    }
  }

  @Test("a layer's rate is that of the one behind it times the decay") func layerDecay() throws {
    let model = try Model(recipe(steps: 1).model, seed: 1)
    let store = model.parameters
    for decay in [1, 0.5] {
      let kernels = Kernels(threads: 1)
      var optimizer = OptimizerRecipe(baseLearningRate: 1, weightDecay: 0, undecayed: [.bias], layerDecay: decay)
      optimizer.epsilon = 1e-30
      let adam = AdamW(optimizer, for: store, on: kernels)
      let before = store.parameters.map { store.values(of: $0) }
      store.completeGradients()
      store.gradients.assign([Float](repeating: 1, count: store.gradients.count))
      adam.update(learningRate: 0.5)
      // The first step of Adam is the rate itself, whatever the gradient.
      for (parameter, old) in zip(store.parameters, before) where parameter.isTrainable {
        let depth = parameter.name.hasPrefix("encoder.blocks.") ? 1 + (parameter.name.contains(".blocks.0.") ? 0 : 1) : 3
        let isInput = ["cls_token", "pos_embed", "patch_embed"].contains { parameter.name.hasPrefix("encoder." + $0) }
        let expected = 0.5 * pow(decay, Double(3 - (isInput ? 0 : depth)))
        for (new, old) in zip(store.values(of: parameter), old) {
          #expect(abs(Double(old - new) - expected) < 1e-5, "\(parameter.name)")
        }
      }
    }
  }
}

@Suite struct MixingTests {
  private let shape = ClipBatchShape(samples: 5, frames: 2, size: FrameSize(width: 7, height: 6))

  private var pixels: MixedPixels {
    MixedPixels(shape: shape, values: (0..<shape.count).map { Float($0 % 101) })
  }

  @Test("a share of one changes nothing, and one of zero takes the partner") func extremes() {
    var (whole, other) = (pixels, pixels)
    whole.mix([Mixing](repeating: .mixup(1), count: 5))
    #expect(whole.values == pixels.values)
    other.mix([Mixing](repeating: .mixup(0), count: 5))
    let size = shape.valuesPerSample
    let reversed = (0..<5).reversed().flatMap { pixels.values[$0 * size..<($0 + 1) * size] }
    #expect(other.values == reversed)
  }

  @Test("a box takes as many values as its share says, of every frame and channel", arguments: [0.1, 0.35, 0.8])
  func box(share: Double) {
    for y in 0..<6 {
      for x in 0..<7 {
        let box = Mixing.box(keeping: share, around: (y, x), in: shape.size)
        #expect(box.width == 0 || box.height == 0 || box.fits(in: shape.size))
        let mixing = Mixing.cutmix(box)
        var mixed = MixedPixels(
          shape: shape, values: (0..<5).flatMap { [Float](repeating: Float($0), count: shape.valuesPerSample) })
        mixed.mix([Mixing](repeating: mixing, count: 5))
        let taken = mixed.values.prefix(shape.valuesPerSample).count { $0 == 4 }
        #expect(abs(Double(taken) / Double(shape.valuesPerSample) - (1 - mixing.share(in: shape.size))) < 1e-12)
        #expect(mixed.values[2 * shape.valuesPerSample..<3 * shape.valuesPerSample].allSatisfy { $0 == 2 })
      }
    }
  }

  @Test("targets add up to one, whatever is mixed", arguments: [0, 0.1, 0.9])
  func targets(smoothing: Double) {
    let plain = SoftTargets.smoothed([0, 3, 1, 1, 2], classes: 4, smoothing: smoothing)
    let mixed = SoftTargets.mixed(plain, classes: 4, [Mixing](repeating: .mixup(0.3), count: 5), in: shape.size)
    for row in 0..<5 {
      for targets in [plain, mixed] { #expect(abs(targets[row * 4..<(row + 1) * 4].reduce(0, +) - 1) < 1e-6) }
    }
    // The middle sample is its own partner.
    for (own, before) in zip(mixed[8..<12], plain[8..<12]) { #expect(abs(own - before) < 1e-6) }
  }

  @Test("shares are those of the Beta distribution", arguments: [0.2, 0.8, 1, 3])
  func beta(alpha: Double) {
    var random = RandomStream(seed: 2)
    let draws = (0..<40_000).map { _ in random.symmetricBeta(alpha) }
    let mean = draws.reduce(0, +) / 40_000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40_000
    #expect(abs(mean - 0.5) < 0.01)
    #expect(abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.004)
    #expect(draws.allSatisfy { (0...1).contains($0) })
  }
}
