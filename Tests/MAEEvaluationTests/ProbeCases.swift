import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEEvaluation
import MAEModels
import MAETraining
import Testing

/// Neighbours, votes and predictions of every k; the share of right ones.
@Sendable func neighboursCase(_ found: EvaluationCase) throws -> CaseDifferences {
  struct Description: Decodable {
    struct Result: Decodable { var top1, top5OnlyClassesWithVotes: Double }
    var numClasses: Int
    var k: [Int]
    var temperature: Double
    var results: [String: Result]
  }
  let description = try found.description(Description.self)
  let (kernels, classes) = (Kernels(threads: 2), description.numClasses)
  func features(_ part: String) throws -> LabelledFeatures {
    let tensor = try found.input("\(part)/features")
    return LabelledFeatures(tensor.floats(), width: tensor.shape[1], labels: try found.labels("\(part)/labels"))
  }
  let (training, test) = (try features("train"), try features("test"))
  let probe = NearestNeighbours(training, on: kernels)
  var differences = CaseDifferences(found.expected)

  let all = probe.neighbours(of: test, count: training.count)
  var similarity = [Float](repeating: 0, count: test.count * training.count)
  for (row, nearest) in all.enumerated() {
    for neighbour in nearest { similarity[row * training.count + neighbour.sample] = neighbour.similarity }
  }
  differences.add("similarity", similarity, within: 1e-5, isAbsolute: true)
  for k in description.k {
    let nearest = probe.neighbours(of: test, count: k)
    differences.addEqual("k\(k)/neighbours", nearest.flatMap { $0.map(\.sample) })
    let votes = probe.votes(of: nearest, k: k, temperature: description.temperature, classes: classes)
    let whole = zip(votes, nearest).flatMap { votes, nearest in
      votes.map { Float($0 * exp(Double(nearest[0].similarity) / description.temperature)) }
    }
    differences.add("k\(k)/votes", whole, within: 1e-4)
    let scores = probe.scores(of: all, k: k, temperature: description.temperature, classes: classes)
    differences.addEqual("k\(k)/predictions", scores.predictions)
    let equal = probe.scores(of: nearest, k: k, temperature: .infinity, classes: classes)
    differences.addEqual("k\(k)/predictions_uniform", equal.predictions)
    let result = try #require(description.results["\(k)"])
    differences.require(abs(100 * scores.accuracy(test.labels) - result.top1) < 1e-9, "k\(k): top-1")
    differences.require(
      abs(100 * scores.accuracy(test.labels, places: 5) - result.top5OnlyClassesWithVotes) < 1e-9, "k\(k): top-5")
  }
  return differences
}

/// Steps of MAE's linear probe on given batches, and what it predicts.
@Sendable func linearProbeCase(_ found: EvaluationCase) throws -> CaseDifferences {
  struct Description: Decodable {
    var numClasses, batch, train, steps: Int
    var rate, weightDecay, warmupEpochs, epochs: Double
    var rates: [Double]
    struct Accuracy: Decodable { var top1, top5: Double }
    var accuracy: Accuracy
  }
  let description = try found.description(Description.self)
  let kernels = Kernels(threads: 2)
  func features(_ part: String) throws -> LabelledFeatures {
    let tensor = try found.input("\(part)/features")
    return LabelledFeatures(tensor.floats(), width: tensor.shape[1], labels: try found.labels("\(part)/labels"))
  }
  let (training, test) = (try features("train"), try features("test"))
  let schedule = WarmupCosine(
    peak: description.rate, warmupEpochs: description.warmupEpochs, epochs: description.epochs,
    stepsPerEpoch: description.train / description.batch)
  let batches = try found.input("batches").floats().map { Int($0) }
  let weights = try found.weights
  var normalization = BatchNormalization(width: training.width)
  var heads = LinearHeads(
    weights["weight"]!.floats(), biases: weights["bias"]!.floats(), heads: 1, rule: .lars, weightDecay: description.weightDecay)
  var differences = CaseDifferences(found.expected)
  for step in 0..<description.steps {
    let rate = schedule.rate(at: step)
    differences.require(abs(rate - description.rates[step]) < 1e-12, "rate of step \(step)")
    let rows = Array(batches[step * description.batch..<(step + 1) * description.batch])
    let labels = rows.map { training.labels[$0] }
    let x = kernels.tensor(normalization.normalize(training, rows: rows), [rows.count, training.width])
    differences.add("step\(step)/logits", heads.logits(x, on: kernels), within: 1e-5)
    let gradients = heads.gradients(x, labels: labels, on: kernels)
    differences.add("step\(step)/loss", [Float(gradients.losses[0])], within: 1e-5)
    differences.add("step\(step)/grad/weight", gradients.weights, within: 1e-4)
    differences.add("step\(step)/grad/bias", gradients.biases, within: 1e-4)
    heads.update(gradients, rates: [rate])
    differences.add("step\(step)/weight", heads.weights, within: 1e-4)
    differences.add("step\(step)/bias", heads.biases, within: 1e-4)
  }
  differences.add("momentum/weight", heads.weightMomenta, within: 1e-4)
  differences.add("momentum/bias", heads.biasMomenta, within: 1e-4)
  differences.add("running_mean", normalization.runningMeans.map(Float.init), within: 1e-5)
  differences.add("running_var", normalization.runningVariances.map(Float.init), within: 1e-5)
  let logits = heads.logits(kernels.tensor(normalization.normalized(test), [test.count, test.width]), on: kernels)
  differences.add("test/logits", logits, within: 1e-5)
  let scores = heads.scores(of: 0, in: logits)
  differences.addEqual("test/predictions", scores.predictions)
  differences.require(abs(100 * scores.accuracy(test.labels) - description.accuracy.top1) < 1e-9, "top-1")
  differences.require(abs(100 * scores.accuracy(test.labels, places: 5) - description.accuracy.top5) < 1e-9, "top-5")
  return differences
}

/// Losses, every gradient and five AdamW steps of V-JEPA's attentive classifier.
@Sendable func attentiveProbeCase(_ found: EvaluationCase) throws -> CaseDifferences {
  struct Description: Decodable {
    struct Optimizer: Decodable {
      var lr: Double
      var betas: [Double]
      var eps, weightDecay: Double
    }
    var embedDim, numHeads, depth, numClasses, batch: Int
    var optimizer: Optimizer
  }
  let description = try found.description(Description.self)
  let kernels = Kernels(threads: 2)
  let scope = ParameterScope()
  let classifier = AttentiveClassifier(
    width: description.embedDim, heads: description.numHeads, depth: description.depth, classes: description.numClasses, in: scope
  )
  let store = ParameterStore(scope, seed: nil)
  var differences = CaseDifferences(found.expected)
  for (name, tensor) in try found.weights {
    // What V-JEPA 1 has behind its attention and does not use.
    if store[name] == nil, name.contains("xattn.proj") {
      differences.leaveOut("after5/" + name)
      continue
    }
    store.setValues(tensor.floats(), of: try #require(store[name], "\(found.name): no parameter is called \(name)"))
  }
  let recipe = OptimizerRecipe(
    baseLearningRate: description.optimizer.lr, beta1: description.optimizer.betas[0], beta2: description.optimizer.betas[1],
    epsilon: description.optimizer.eps, weightDecay: description.optimizer.weightDecay, undecayed: [])
  let optimizer = AdamW(recipe, for: store, on: kernels)
  var first: [String: [Float]] = [:]
  for step in 0..<5 {
    let tokens = try found.input("step\(step)/tokens")
    let tape = Tape(store, on: kernels)
    store.clearGradients()
    let (pooled, logits) = classifier(
      tape.constant(kernels.tensor(tokens.floats(), [tokens.shape[0] * tokens.shape[1], tokens.shape[2]])),
      samples: tokens.shape[0])
    let loss = logits.crossEntropy(try found.labels("step\(step)/labels"))
    differences.add("step\(step)/loss", loss.tensor.floats(), within: 1e-5)
    differences.add("step\(step)/logits", logits.tensor.floats(), within: 1e-5)
    differences.add("step\(step)/pooled", pooled.tensor.floats(), within: 1e-5)
    tape.backward(from: loss)
    store.completeGradients()
    if step == 0 {
      for parameter in store.parameters { first[parameter.name] = store.gradient(of: parameter) }
      let largest = first.values.joined().map(abs).max() ?? 0
      for (name, gradient) in first {
        let keys = keyBias(name, count: gradient.count)
        differences.require(
          keys.allSatisfy { abs(gradient[$0]) <= 1e-6 * largest }, "\(name): keys have a gradient")
        let places = gradient.indices.filter { !keys.contains($0) }
        differences.add("step0/grad/" + name, gradient, within: 1e-4, at: places)
      }
    }
    optimizer.update(learningRate: description.optimizer.lr)
  }
  for parameter in store.parameters {
    // AdamW divides by the gradient's own size: where that is near its epsilon, rounding decides.
    let gradient = found.expected["step0/grad/" + parameter.name]?.floats() ?? first[parameter.name]!
    let least = 1e-5 * (gradient.map(abs).max() ?? 0)
    let keys = keyBias(parameter.name, count: gradient.count)
    let places = gradient.indices.filter { abs(gradient[$0]) >= least && !keys.contains($0) }
    differences.add("after5/" + parameter.name, store.values(of: parameter), within: 1e-4, at: places)
  }
  return differences
}

/// Where biases of keys stand, whose gradient is zero in exact arithmetic.
private func keyBias(_ name: String, count: Int) -> Range<Int> {
  if name.hasSuffix("kv.bias") && !name.hasSuffix("qkv.bias") { return 0..<count / 2 }
  return name.hasSuffix("qkv.bias") ? count / 3..<2 * count / 3 : 0..<0
}

/// The tokens of an encoder at another size, with the position table of the label-propagation code.
@Sendable func resizedFeaturesCase(_ found: EvaluationCase) throws -> CaseDifferences {
  struct Description: Decodable {
    var imageSize, patchSize, embedDim, depth, numHeads: Int
    var mlpRatio: Double
    var layerNormEps: Float
    var size: [Int]
  }
  let description = try found.description(Description.self)
  var configuration = Method.mae.model(.tiny)
  configuration.input.size = FrameSize(square: description.imageSize)
  configuration.input.patch = description.patchSize
  configuration.encoder.blocks = BlockConfiguration(
    width: description.embedDim, depth: description.depth, heads: description.numHeads,
    feedForwardWidth: Int(Double(description.embedDim) * description.mlpRatio), normEpsilon: description.layerNormEps)
  let checkpoint = try Checkpoint(
    path: found.folder, WeightFile.read(path: "\(found.folder)/weights.safetensors"), configuration: configuration)
  let old = configuration.grid
  configuration.input.size = FrameSize(width: description.size[1], height: description.size[0])
  let scope = ParameterScope()
  let encoder = VisionTransformer(configuration, in: scope["encoder"])
  let store = ParameterStore(scope, seed: nil)
  var differences = CaseDifferences(found.expected)
  for parameter in store.parameters {
    var values = try #require(checkpoint.weights[parameter.name], "\(parameter.name)").floats()
    if parameter.name == "encoder.pos_embed" {
      values = PositionResizing.resized(
        values, width: description.embedDim, leading: 1, from: old, to: configuration.grid, margin: 0.1)
      differences.add("pos_embed", values, within: 1e-5)
    }
    store.setValues(values, of: parameter)
  }
  let pixels = try found.input("pixel_values")
  let input = configuration.input
  let source = PixelSource(
    shape: ClipBatchShape(samples: pixels.shape[0], frames: 1, size: input.size, channels: input.channels),
    values: .floats(pixels.floats(), .framesFirst), mean: input.mean, deviation: input.deviation)
  let tokens = encoder(
    source, EncoderTokens(allOf: configuration.grid, samples: pixels.shape[0]),
    in: Pass(inferring: store, on: Kernels(threads: 2)))
  differences.add("tokens", tokens.tensor.floats(), within: 1e-5)
  return differences
}
