import Foundation
import MAECheckpoint
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// Says what a pretrained encoder is worth: a small classifier on its frozen features, beside the same on the network before
/// training and on the pixels.
///
///     let probing = try Probing(checkpoint: "runs/a")
///     let outcome = try probing.run(training: Manifest(["train"]), validation: Manifest(["val"]))
///     print(outcome!.result.top1)
public struct Probing {
  /// The result, and what it was found on.
  public struct Outcome: Sendable {
    /// The figures.
    public var result: ProbeResult
    /// Every validation sample.
    public var examples: [ProbeExample]
    /// What a person should know of the data, one sentence each.
    public var notes: [String]
    /// Spent on reading and encoding, all networks together.
    public var encodingSeconds: Double
    /// Spent on training and judging classifiers.
    public var probingSeconds: Double
  }

  /// Takes the features.
  public let extractor: FeatureExtractor
  private let options: ProbeOptions
  private let kernels: Kernels

  /// - Parameters:
  ///   - path: a run folder, a checkpoint folder, or a weight file with its `config.json`.
  ///   - layer: see ``FeatureExtractor/layer``.
  ///   - pooling: see ``FeatureExtractor/pooling``; attentive probes take all tokens.
  /// - Throws: what ``FeatureExtractor`` throws; ``DataError`` of kind `usage` when pooling and kind do not fit.
  public init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), options: ProbeOptions = ProbeOptions(), layer: Int? = nil,
    pooling: Pooling? = nil, on kernels: Kernels = Kernels()
  ) throws {
    let isAttentive = options.kind == .attentive
    if let pooling, (pooling == .tokens) != isAttentive {
      throw DataError(
        .usage,
        isAttentive
          ? "--pool is \(pooling.rawValue), and an attentive probe pools the tokens itself; leave --pool out"
          : "--pool is tokens, and a \(options.kind.rawValue) probe needs one vector for a sample; give mean or cls"
      )
    }
    extractor = try FeatureExtractor(
      checkpoint: path, weights: weights, layer: layer, pooling: isAttentive ? .tokens : pooling ?? .mean, on: kernels)
    self.options = options
    self.kernels = kernels
  }

  /// Reads all files once and judges.
  ///
  /// - Parameters:
  ///   - validation: nil: parts of the training files take turns.
  ///   - curves: whether neighbours judge every block, and every checkpoint of the run, too.
  ///   - isCancelled: asked now and then whether to stop.
  ///   - progress: called with files read and files in all.
  /// - Returns: nil when it was cancelled.
  /// - Throws: ``DataError`` when labels do not fit, when nothing can be read, or when features do not fit into memory;
  ///   ``CheckpointError`` for another checkpoint of the run.
  public func run(
    training: Manifest, validation: Manifest? = nil, curves: Bool = false, isCancelled: () -> Bool = { false },
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Outcome? {
    let classes = try ProbeClasses(training: training, validation: validation)
    let total = classes.training.count + (classes.validation?.count ?? 0)
    try requireFit(samples: total)
    let sources = try ProbeSources(
      extractor, wantsUntrained: options.hasBaselines,
      wantsPixels: options.hasBaselines && options.kind != .attentive, wantsCurves: curves)
    let reader = extractor.reader(
      chunk: options.batchSize, threads: options.readers, allowsTruncated: options.allowsTruncated,
      timeLimit: options.timeLimit, clips: options.clips)
    var watch = Stopwatch()
    func read(_ files: [(file: ManifestFile, label: Int)], after before: Int) throws -> ProbeSamples {
      try ProbeSamples(files, sources.all, reader: reader, isCancelled: isCancelled) { progress(before + $0, total) }
    }
    let seen, judged: ProbeSamples
    do {
      seen = try read(classes.training, after: 0)
      judged = try classes.validation.map { try read($0, after: classes.training.count) } ?? seen
    } catch let error as DataError where error.kind == .interrupted {
      return nil
    }
    let encodingSeconds = watch.seconds
    watch = Stopwatch()
    let bad = training.bad + seen.bad + (validation.map { $0.bad + judged.bad } ?? [])
    guard judged.count > 0 else {
      throw DataError(.unusable, "\(bad[0].file): \(bad[0].reason); none of \(bad.count) files can be read")
    }
    try classes.requireSeveral(seen.labels)
    let hasFolds = classes.validation == nil
    let judge = ProbeJudge(
      options: options, classes: classes.names.count, tokenWidth: extractor.width, kernels: kernels)
    func verdict(_ source: Int, _ kind: ProbeKind) -> ProbeJudge.Verdict {
      judge.verdict(seen.labelled(source), hasFolds ? nil : judged.labelled(source), kind: kind)
    }
    func accuracy(_ source: Int, _ kind: ProbeKind) -> Double { verdict(source, kind).scores.accuracy(judged.labels) }
    let main = verdict(ProbeSources.trained, options.kind)
    let predictions = main.scores.predictions
    var notes = classes.notes
    let known = Set(seen.fingerprints)
    let overlap = hasFolds ? Self.repeated(seen.fingerprints) : judged.fingerprints.count { known.contains($0) }
    if overlap > 0 { notes.append(Self.overlapNote(overlap, of: judged.count, hasFolds: hasFolds)) }
    let checkpoint = extractor.checkpoint
    let result = ProbeResult(
      kind: options.kind, checkpoint: checkpoint.path, method: checkpoint.configuration.method.name,
      step: checkpoint.metadata["step"].flatMap { Int($0) }, layer: extractor.layer, pool: extractor.pooling,
      top1: main.scores.accuracy(judged.labels), top5: main.scores.accuracy(judged.labels, places: 5),
      interval: Self.interval(predictions, judged.labels), untrainedTop1: sources.untrained.map { accuracy($0, options.kind) },
      pixelsTop1: sources.pixels.map { accuracy($0, options.kind) }, samples: judged.count, trainingSamples: seen.count,
      folds: hasFolds ? options.folds : nil, settings: main.settings,
      classes: classes.names.enumerated().map { number, name in
        let rows = judged.labels.indices.filter { judged.labels[$0] == number }
        let right = rows.count { predictions[$0] == number }
        return ProbeResult.Class(
          name: name, samples: rows.count, top1: rows.isEmpty ? nil : Double(right) / Double(rows.count))
      }, confusion: Self.confusion(predictions, judged.labels, classes: classes.names.count),
      layers: sources.blocks.map { source in
        (0..<sources.depth).map { block in
          let columns = block * extractor.width..<(block + 1) * extractor.width
          let found = judge.verdict(
            seen.labelled(source).columns(columns), hasFolds ? nil : judged.labelled(source).columns(columns), kind: .knn)
          return ProbeResult.Point(at: block + 1, top1: found.scores.accuracy(judged.labels))
        }
      }, checkpoints: sources.checkpoints?.map { ProbeResult.Point(at: $0.step, top1: accuracy($0.source, .knn)) },
      overlap: overlap, bad: bad)
    return Outcome(
      result: result, examples: examples(predictions, seen, hasFolds ? nil : judged), notes: notes,
      encodingSeconds: encodingSeconds, probingSeconds: watch.seconds)
  }

  /// Neighbours that ``ProbeExample`` names.
  private static let shownNeighbours = 5

  private func examples(_ predictions: [Int], _ seen: ProbeSamples, _ judged: ProbeSamples?) -> [ProbeExample] {
    let samples = judged ?? seen
    let nearest = NearestNeighbours(seen.labelled(ProbeSources.trained), on: kernels).neighbours(
      of: samples.labelled(ProbeSources.trained), count: Self.shownNeighbours + (judged == nil ? 1 : 0))
    return nearest.enumerated().map { index, nearest in
      // Where parts take turns, a sample would be its own neighbour.
      let others = nearest.filter { judged != nil || $0.sample != index }.prefix(Self.shownNeighbours)
      return ProbeExample(
        path: samples.paths[index], label: samples.labels[index], prediction: predictions[index],
        neighbours: others.map {
          ProbeExample.Neighbour(path: seen.paths[$0.sample], label: seen.labels[$0.sample], similarity: $0.similarity)
        })
    }
  }

  private func requireFit(samples: Int) throws(DataError) {
    // The trained network's, the untrained one's where it is judged, and copies of parts while a classifier learns from them.
    let copies = options.hasBaselines ? 4 : 3
    let bytes = copies * MemoryLayout<Float>.size * samples * extractor.featureShape.reduce(1, *)
    let memory = MachineMemory.current
    guard bytes > memory.bytes / 2 else { return }
    throw DataError(
      .usage,
      """
      features of \(samples) samples take about \(bytes >> 20) MB, and \(memory.owner) has \(memory.bytes >> 20); give fewer \
      files, or a kind of probe that takes one vector of each, such as linear
      """)
  }

  private static func interval(_ predictions: [Int], _ labels: [Int]) -> [Double] {
    let ends = WilsonInterval.ends(labels.indices.count { predictions[$0] == labels[$0] }, of: labels.count)
    return [ends.low, ends.high]
  }

  private static func confusion(_ predictions: [Int], _ labels: [Int], classes: Int) -> [[Int]] {
    var counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    for (label, prediction) in zip(labels, predictions) { counts[label][prediction] += 1 }
    return counts
  }

  /// Samples whose pixels another one has, too.
  private static func repeated(_ fingerprints: [UInt64]) -> Int {
    Dictionary(grouping: fingerprints) { $0 }.values.reduce(0) { $0 + ($1.count > 1 ? $1.count : 0) }
  }

  private static func overlapNote(_ overlap: Int, of count: Int, hasFolds: Bool) -> String {
    if hasFolds {
      return "\(overlap) of \(count) samples have the pixels of another one: figures are better than for new samples"
    }
    let whole = overlap == count ? "the validation set is part of the training set: all \(count)" : "\(overlap) of \(count)"
    return """
      \(whole) validation samples have the pixels of a training sample, and figures on them say nothing about new ones; \
      give files to --val that TRAIN does not have
      """
  }
}
