import MAEEngine

/// Trains classifiers on features and says what they take others for.
package struct ProbeJudge {
  private let options: ProbeOptions
  private let classes: Int
  /// Of a token, for attentive probes.
  private let tokenWidth: Int
  private let kernels: Kernels

  package init(options: ProbeOptions, classes: Int, tokenWidth: Int, kernels: Kernels) {
    (self.options, self.classes, self.tokenWidth, self.kernels) = (options, classes, tokenWidth, kernels)
  }

  /// What validation samples were taken for, and what was chosen on the way, in words.
  package struct Verdict {
    package var scores: ClassScores
    package var settings: String
  }

  /// - Parameter validation: of a probe with folds nil: the parts of the training samples take turns.
  package func verdict(_ training: LabelledFeatures, _ validation: LabelledFeatures?, kind: ProbeKind) -> Verdict {
    if let validation { return judge(kind, training, validation) }
    var scores = [Float](repeating: 0, count: training.count * classes)
    var settings: [String] = []
    for part in Folds.dealt(training.labels, into: options.folds, seed: options.seed) {
      let rest = Folds.rest(of: part, count: training.count)
      let verdict = judge(kind, training[rest], training[part])
      for (row, sample) in part.enumerated() {
        for column in 0..<classes { scores[sample * classes + column] = verdict.scores.values[row * classes + column] }
      }
      if !settings.contains(verdict.settings) { settings.append(verdict.settings) }
    }
    return Verdict(scores: ClassScores(scores, classes: classes), settings: settings.joined(separator: "; "))
  }

  private func judge(_ kind: ProbeKind, _ training: LabelledFeatures, _ validation: LabelledFeatures) -> Verdict {
    switch kind {
    case .knn:
      let probe = NearestNeighbours(training, on: kernels)
      let nearest = probe.neighbours(of: validation, count: options.neighbours)
      return Verdict(
        scores: probe.scores(of: nearest, k: options.neighbours, temperature: options.temperature, classes: classes),
        settings: "\(min(options.neighbours, training.count)) neighbours, temperature \(options.temperature)")
    case .logistic:
      let probe = LogisticRegression(
        training, classes: classes, inverseStrength: options.inverseStrength, on: kernels)
      return Verdict(scores: probe.scores(of: validation), settings: "C \(options.inverseStrength), standardised features")
    case .linear:
      func probe(_ samples: LabelledFeatures, _ recipes: [LinearProbe.Recipe]) -> LinearProbe {
        LinearProbe(samples, classes: classes, recipes, seed: options.seed, on: kernels)
      }
      if options.recipe == .mae {
        return Verdict(scores: probe(training, [.mae]).scores(of: validation)[0], settings: "MAE's LARS recipe")
      }
      let rate = best(LinearProbe.Recipe.rates, training) { samples, rates in
        probe(samples, rates.map { .sgd(baseRate: $0) }).scores
      }
      return Verdict(
        scores: probe(training, [.sgd(baseRate: rate)]).scores(of: validation)[0],
        settings: "batch norm, SGD, rate \(rate) for 256 samples")
    case .attentive:
      func probe(_ samples: LabelledFeatures, _ recipes: [AttentiveProbe.Recipe]) -> AttentiveProbe {
        AttentiveProbe(samples, width: tokenWidth, classes: classes, recipes, seed: options.seed, on: kernels)
      }
      let recipe = best(AttentiveProbe.Recipe.sweep, training) { probe($0, $1).scores }
      return Verdict(
        scores: probe(training, [recipe]).scores(of: validation)[0],
        settings: "attentive pooling, AdamW, rate \(recipe.rate), weight decay \(recipe.weightDecay)")
    }
  }

  /// The recipe that does best on a tenth of the training samples, learned from the others; never the validation part decides.
  private func best<Recipe>(
    _ recipes: [Recipe], _ training: LabelledFeatures,
    _ train: (LabelledFeatures, [Recipe]) -> (LabelledFeatures) -> [ClassScores]
  ) -> Recipe {
    let part = Folds.dealt(training.labels, into: 10, seed: options.seed)[0]
    let held = training[part]
    let found = train(training[Folds.rest(of: part, count: training.count)], recipes)(held)
    let quality = found.map { ($0.accuracy(held.labels), -$0.loss(held.labels)) }
    return recipes[quality.indices.max { quality[$0] < quality[$1] }!]
  }
}
