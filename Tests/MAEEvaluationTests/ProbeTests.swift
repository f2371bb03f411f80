import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEModels
import MAERecipes
import MAETraining
import TestSupport
import Testing

/// Classifiers on features, against plain loops in double precision and what has to hold of them.
@Suite struct ProbeTests {
  private static let kernels: @Sendable () -> Kernels = { Kernels(threads: 2) }

  /// Classes around centres of their own.
  static func samples(_ count: Int, width: Int, classes: Int, spread: Double, seed: UInt64 = 1) -> LabelledFeatures {
    var random = RandomStream(seed: 40)
    let centres = (0..<classes).map { _ in (0..<width).map { _ in random.normal() } }
    random = RandomStream(seed: seed)
    let labels = (0..<count).map { $0 % classes }
    let values = labels.flatMap { label in centres[label].map { Float($0 + spread * random.normal()) } }
    return LabelledFeatures(values, width: width, labels: labels)
  }

  @Test("Wilson's interval as tables have it")
  func interval() {
    for (hits, count, low, high) in [
      (0, 10, 0.0, 0.27753), (5, 10, 0.23659, 0.76341), (10, 10, 0.72247, 1), (81, 263, 0.25527, 0.36619),
    ] {
      let ends = WilsonInterval.ends(hits, of: count)
      #expect(abs(ends.low - low) < 1e-4 && abs(ends.high - high) < 1e-4, "\(hits) of \(count): \(ends)")
    }
    #expect(WilsonInterval.ends(0, of: 0) == (0, 1))
  }

  @Test("folds share out every class", arguments: [2, 3, 5, 10], [7, 23, 90])
  func folds(count: Int, samples: Int) {
    let labels = (0..<samples).map { $0 % 2 == 0 ? 0 : 1 + $0 % 3 }
    let folds = Folds.dealt(labels, into: count, seed: 3)
    #expect(folds.joined().sorted() == Array(0..<samples))
    #expect(folds.map(\.count).max()! - folds.map(\.count).min()! <= 1)
    for label in 0..<4 {
      let each = folds.map { fold in fold.count { labels[$0] == label } }
      #expect(each.max()! - each.min()! <= 1, "class \(label): \(each)")
    }
    #expect(folds == Folds.dealt(labels, into: count, seed: 3))
    #expect(folds != Folds.dealt(labels, into: count, seed: 4))
  }

  @Test("neighbours are the nearest of all", arguments: [1, 4, 29, 40])
  func neighbours(k: Int) {
    let (training, samples) = (
      Self.samples(29, width: 5, classes: 3, spread: 2), Self.samples(300, width: 5, classes: 3, spread: 2, seed: 8)
    )
    let found = NearestNeighbours(training, on: Self.kernels()).neighbours(of: samples, count: k)
    func direction(_ features: LabelledFeatures, _ row: Int) -> [Double] {
      let values = features.values[row * 5..<row * 5 + 5].map(Double.init)
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return values.map { $0 / length }
    }
    for row in 0..<samples.count {
      let cosines = (0..<training.count).map { other in
        zip(direction(samples, row), direction(training, other)).reduce(0) { $0 + $1.0 * $1.1 }
      }
      #expect(found[row].map(\.sample) == Array(cosines.indices.sorted { cosines[$0] > cosines[$1] }.prefix(k)))
      #expect(found[row].allSatisfy { abs(Double($0.similarity) - cosines[$0.sample]) < 1e-5 })
    }
  }

  @Test("checkpoints of a run whose inputs grow are all judged on the inputs of the one that is asked for")
  func stages() throws {
    let folder = TemporaryFolder()
    try SyntheticSamples.render(into: folder.path("media"), clips: 0, stills: 16, size: FrameSize(square: 32))
    var recipe = try NamedRecipe(
      "tiny:input-size=16@50%,32:patch-size=8:batch-size=4:decoder-depth=1:model.encoder.blocks.depth=1", method: .mae
    ).recipe
    (recipe.schedule.epochs, recipe.schedule.steps) = (nil, 4)
    (recipe.run.saveEvery, recipe.run.threads) = (1, 1)
    recipe.run.keep = 20
    recipe.evaluation.holdout = 0
    let manifest = try Manifest([folder.path("media")])
    #expect(try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path("run"))).train() == .finished)

    var options = ProbeOptions()
    (options.kind, options.folds) = (.knn, 2)
    func result(_ path: String) throws -> ProbeResult {
      let probing = try Probing(checkpoint: folder.path(path), options: options, on: Kernels(threads: 1))
      return try #require(try probing.run(training: manifest, curves: true)).result
    }
    // The first checkpoint takes 16 × 16 pixels and the last one 32 × 32; the first one's weights are those before training.
    for path in ["run", "run/checkpoints/step-000000"] {
      let found = try result(path)
      let curve = try #require(found.checkpoints)
      #expect(curve.map(\.at) == [0, 1, 2, 3, 4], "\(path)")
      #expect(curve[0].top1 == found.untrainedTop1, "\(path)")
      #expect(curve.first { $0.at == found.step }?.top1 == found.top1, "\(path)")
    }
  }

  @Test("a class without votes is never among the first five")
  func withoutVotes() {
    let training = LabelledFeatures([1, 0, 0.9, 0.1, 0, 1], width: 2, labels: [4, 4, 0])
    let probe = NearestNeighbours(training, on: Self.kernels())
    let near = probe.neighbours(of: LabelledFeatures([1, 0.01], width: 2, labels: [0]), count: 2)
    let scores = probe.scores(of: near, k: 2, temperature: 0.07, classes: 6)
    #expect(scores.ranking(of: 0) == [4])
    #expect(scores.accuracy([0], places: 5) == 0 && scores.accuracy([4], places: 5) == 1)
  }

  @Test("equal scores go to the lower class")
  func equalScores() {
    #expect(ClassScores([0.5, 2, 2, -.infinity], classes: 4).ranking(of: 0) == [1, 2, 0])
  }

  @Test("logistic regression stands where the derivative is zero", arguments: [0.01, 1, 30])
  func logistic(inverseStrength: Double) {
    let (width, classes) = (7, 3)
    let training = Self.samples(53, width: width, classes: classes, spread: 1.5)
    let scores = LogisticRegression(training, classes: classes, inverseStrength: inverseStrength, on: Self.kernels())
    // What it gives for the mean sample and for one deviation along a column are its biases and weights.
    func column(_ index: Int) -> (mean: Double, deviation: Double) {
      let values = (0..<training.count).map { Double(training.values[$0 * width + index]) }
      let mean = values.reduce(0, +) / Double(values.count)
      return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot())
    }
    let columns = (0..<width).map(column)
    let probes = (0...width).flatMap { row in
      columns.indices.map { Float(columns[$0].mean + ($0 == row ? columns[$0].deviation : 0)) }
    }
    let found = scores.scores(of: LabelledFeatures(probes, width: width, labels: Array(repeating: 0, count: width + 1)))
    func logit(_ row: Int, _ label: Int) -> Double { Double(found.values[row * classes + label]) }
    var slopes = [Double](repeating: 0, count: width * classes)
    for row in 0..<training.count {
      let x = columns.indices.map { (Double(training.values[row * width + $0]) - columns[$0].mean) / columns[$0].deviation }
      let logits = (0..<classes).map { label in
        logit(width, label) + x.indices.reduce(0) { $0 + x[$1] * (logit($1, label) - logit(width, label)) }
      }
      let sum = logits.map(exp).reduce(0, +)
      for label in 0..<classes {
        let residual = exp(logits[label]) / sum - (training.labels[row] == label ? 1 : 0)
        for index in x.indices { slopes[label * width + index] += inverseStrength * residual * x[index] }
      }
    }
    for label in 0..<classes {
      for index in 0..<width {
        let weight = logit(index, label) - logit(width, label)
        #expect(abs(slopes[label * width + index] + weight) < 2e-3 * max(1, inverseStrength), "\(label), \(index)")
      }
    }
  }

  @Test("weights that are held back are smaller")
  func heldBack() {
    let training = Self.samples(40, width: 5, classes: 2, spread: 1)
    func spread(_ c: Double) -> Float {
      let values = LogisticRegression(training, classes: 2, inverseStrength: c, on: Self.kernels()).scores(of: training).values
      return values.max()! - values.min()!
    }
    #expect(spread(0.001) < spread(0.1) && spread(0.1) < spread(10))
  }

  @Test("heads side by side are what each is alone", arguments: [LinearHeads.Rule.momentum, .lars])
  func heads(rule: LinearHeads.Rule) {
    let kernels = Self.kernels()
    let training = Self.samples(21, width: 9, classes: 3, spread: 1)
    var random = RandomStream(seed: 2)
    let weights = (0..<27).map { _ in Float(random.normal()) }
    let rates = [0.01, 0.3, 2]
    func trained(_ rates: [Double]) -> LinearHeads {
      var heads = LinearHeads(weights, biases: [0, 0, 0], heads: rates.count, rule: rule, weightDecay: 0.01)
      let x = kernels.tensor(training.values, [21, 9])
      for _ in 0..<5 { heads.update(heads.gradients(x, labels: training.labels, on: kernels), rates: rates) }
      return heads
    }
    let together = trained(rates)
    for (index, rate) in rates.enumerated() {
      let alone = trained([rate])
      let part = Array(together.weights[index * 27..<(index + 1) * 27])
      #expect(zip(part, alone.weights).allSatisfy { abs($0 - $1) < 1e-5 }, "rate \(rate)")
      #expect(zip(together.biases[index * 3..<index * 3 + 3], alone.biases).allSatisfy { abs($0 - $1) < 1e-5 }, "rate \(rate)")
    }
  }

  @Test("learns classes that lie apart", arguments: ProbeKind.allCases)
  func learns(kind: ProbeKind) {
    let (training, test) = (
      Self.samples(60, width: 24, classes: 3, spread: 0.3), Self.samples(30, width: 24, classes: 3, spread: 0.3, seed: 5)
    )
    var options = ProbeOptions()
    options.kind = kind
    options.neighbours = 5
    let judge = ProbeJudge(options: options, classes: 3, tokenWidth: 8, kernels: Self.kernels())
    #expect(judge.verdict(training, test, kind: kind).scores.accuracy(test.labels) > 0.95)
    #expect(judge.verdict(training, nil, kind: kind).scores.accuracy(training.labels) > 0.95)
    // What was learned from labels that mean nothing tells nothing.
    var shuffled = training
    var random = RandomStream(seed: 6)
    shuffled.labels = random.permutation(60).map { Int($0) % 3 }
    #expect(judge.verdict(shuffled, nil, kind: kind).scores.accuracy(shuffled.labels) < 0.6)
  }
}
