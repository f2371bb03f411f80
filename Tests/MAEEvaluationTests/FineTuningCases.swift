import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// Losses, logits, every gradient and five AdamW steps of the public classifiers of stills and clips; frozen parts stay as they
/// were.
@Sendable func fineTuningCase(_ found: EvaluationCase) throws -> CaseDifferences {
  let (description, kernels) = (try found.description(FineTuningDescription.self), Kernels(threads: 2))
  let checkpoint = try Checkpoint(
    path: found.folder, WeightFile.read(path: "\(found.folder)/weights.safetensors"), configuration: description.model)
  let model = try Model(description.model, seed: nil)
  #expect(try checkpoint.load(into: model).missing.isEmpty)
  let classifier = try #require(model.objective as? Classifier)
  let store = model.parameters
  let frozen = store.parameters.filter { !$0.isTrainable && $0.isStored }.map { (parameter: $0, values: store.values(of: $0)) }
  var differences = CaseDifferences(found.expected)

  /// Values of trained parameters under the public names.
  func named(_ values: (Parameter) -> [Float]) throws -> StateDictionary {
    var state = StateDictionary()
    for parameter in store.parameters where parameter.isTrainable {
      state[parameter.name] = StoredTensor(shape: parameter.shape, floats: values(parameter))
    }
    return try checkpoint.dialect.names(for: state, description.model.input, file: found.name)
  }

  let optimizer = AdamW(description.recipe, for: store, on: kernels)
  for step in 0..<description.steps {
    let pixels = description.source(try found.input("step\(step)/pixel_values"))
    let keep = found.inputs["step\(step)/keep"]?.floats()
    let draw: DropPath.Draw? = keep.map { keep in
      { block, branch, samples in (0..<samples).map { keep[(block * 2 + (branch == "attention" ? 0 : 1)) * samples + $0] == 1 } }
    }
    if step == 0 {
      var pass = Pass(inferring: store, on: kernels)
      (pass.random, pass.keptBranches) = (RandomStream(seed: 0), draw)
      let (pooled, logits) = classifier.logits(of: pixels, in: pass)
      differences.add("step0/logits", logits.tensor.floats(), within: 1e-5)
      differences.add("step0/pooled", pooled.tensor.floats(), within: 1e-5)
      let tokens = EncoderTokens(allOf: description.model.grid, samples: pixels.shape.samples)
      differences.add("step0/normed", classifier.encoder(pixels, tokens, in: pass).tensor.floats(), within: 1e-5)
    }
    let targets = try description.targets(found, step)
    let result = GradientPass(model, on: kernels) { _, pass in
      (pass.random, pass.keptBranches) = (RandomStream(seed: 0), draw)
      var batch = Batch(pixels)
      batch.targets = targets
      return batch
    }
    differences.add("step\(step)/loss", [Float(result.loss)], within: 1e-5)
    if step == 0 {
      let gradients = try named { store.gradient(of: $0) }
      let largest = gradients.map { $0.tensor.floats().map(abs).max() ?? 0 }.max() ?? 0
      for (name, tensor) in gradients {
        let (values, keys) = (tensor.floats(), keyBias(name, count: tensor.count))
        differences.require(keys.allSatisfy { abs(values[$0]) <= 1e-6 * largest }, "\(name): keys have a gradient")
        differences.add("step0/grad/" + name, values, within: 1e-4, at: values.indices.filter { !keys.contains($0) })
      }
    }
    optimizer.update(learningRate: description.optimizer.lr)
  }
  for (name, tensor) in try named({ store.values(of: $0) }) {
    // AdamW divides by the gradient's own size: where that is near its epsilon, rounding decides.
    let gradient = try #require(found.expected["step0/grad/" + name], "\(found.name): no gradient of \(name)").floats()
    let (least, keys) = (1e-5 * (gradient.map(abs).max() ?? 0), keyBias(name, count: gradient.count))
    let places = gradient.indices.filter { abs(gradient[$0]) >= least && !keys.contains($0) }
    differences.add("after5/" + name, tensor.floats(), within: 1e-4, at: places)
  }
  for (parameter, values) in frozen {
    differences.require(store.values(of: parameter) == values, "\(parameter.name) is frozen and changed")
  }
  let logits = classifier.logits(
    of: description.source(try found.input("eval/pixel_values")), in: Pass(inferring: store, on: kernels)
  ).logits
  differences.add("eval/logits_after5", logits.tensor.floats(), within: 1e-4)
  return differences
}

/// Where biases of keys stand, whose gradient is zero in exact arithmetic.
private func keyBias(_ name: String, count: Int) -> Range<Int> {
  if name.hasSuffix("attn.k.bias") { return 0..<count }
  return name.hasSuffix("qkv.bias") ? count / 3..<2 * count / 3 : 0..<0
}

/// `case.json` of a fine-tuned classifier.
private struct FineTuningDescription: Decodable {
  struct Optimizer: Decodable {
    var lr: Double
    var betas: [Double]
    var eps, weightDecay: Double
  }
  var method: String
  var imageSize, patchSize, embedDim, depth, numHeads, numClasses, steps: Int
  var frames, tubeletSize: Int?
  var mlpRatio, labelSmoothing, layerDecay: Double
  var layerNormEps, dropPath: Float
  var globalPool: Bool
  var trainedBlocks: Double?
  var optimizer: Optimizer

  var model: ModelConfiguration {
    let base: MAEModels.Method =
      switch method {
      case "finetune-videomae": .videomae
      case "finetune-mae-st": .maeST
      default: .mae
      }
    var model = base.model(.tiny)
    model.input.size = FrameSize(square: imageSize)
    (model.input.patch, model.input.frames, model.input.tubelet) = (patchSize, frames ?? 1, tubeletSize ?? 1)
    model.encoder.blocks = BlockConfiguration(
      width: embedDim, depth: depth, heads: numHeads, feedForwardWidth: Int(Double(embedDim) * mlpRatio),
      attentionBias: model.encoder.blocks.attentionBias, normEpsilon: layerNormEps)
    model.encoder.dropPath = dropPath
    return model.classifying(
      ClassifierConfiguration(
        classes: (0..<numClasses).map { "\($0)" }, pooling: !globalPool ? .classToken : base == .maeST ? .meanThenNorm : .mean,
        trainedBlocks: trainedBlocks))
  }

  var recipe: OptimizerRecipe {
    OptimizerRecipe(
      baseLearningRate: optimizer.lr, beta1: optimizer.betas[0], beta2: optimizer.betas[1], epsilon: optimizer.eps,
      weightDecay: optimizer.weightDecay, undecayed: [.bias, .norm, .token, .position], layerDecay: layerDecay)
  }

  func source(_ pixels: StoredTensor) -> PixelSource {
    let input = model.input
    return PixelSource(
      shape: ClipBatchShape(samples: pixels.shape[0], frames: input.frames, size: input.size, channels: input.channels),
      values: .floats(pixels.floats(), .channelsFirst), mean: input.mean, deviation: input.deviation)
  }

  /// As they are given, or smoothed labels.
  func targets(_ found: EvaluationCase, _ step: Int) throws -> [Float] {
    if let targets = found.inputs["step\(step)/targets"] { return targets.floats() }
    return SoftTargets.smoothed(try found.labels("step\(step)/labels"), classes: numClasses, smoothing: labelSmoothing)
  }
}
