import MAECheckpoint
import MAECluster
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining

/// Looks at what one or several checkpoints of a run have learned, on a few stills or clips.
public struct Analysis {
  /// What is looked at.
  public struct Options: Hashable, Sendable {
    /// Samples that every metric is a mean over, spread evenly over the sorted files; nil = 32 stills or 8 clips.
    public var samples: Int?
    /// Samples that get pictures.
    public var pictured = 4
    /// The encoder block of pictures, from 1; nil = the last.
    public var layer: Int?
    /// Hidden share of the tokens for decoder metrics; nil = as trained.
    public var maskRatio: Double?
    /// Of masks, k-means and t-SNE.
    public var seed: UInt64 = 0
    /// How long nothing may get on before a file is left out.
    public var timeLimit: Duration? = .seconds(60)

    /// The defaults.
    public init() {}
  }

  /// The result, and what it was found on.
  public struct Outcome: Sendable {
    /// The numbers.
    public var result: AnalysisResult
    /// The samples with pictures, as the encoder saw them; in the order of ``AnalysisResult/pictured``.
    public var pictured: [Clip]
    /// Files that could not be read.
    public var bad: [BadFile]
    /// Checkpoints whose weights are not all numbers, and what was done to samples so that the model can take them.
    public var warnings: [String]
    /// Tokens and attention of every sample and block at the last checkpoint, if they were asked for.
    public var tensors: StateDictionary?
    /// What the result was looked at with.
    public var metrics: MetricCatalogue
  }

  private let checkpoints: AnalysedCheckpoints
  private let options: Options
  private let metrics: MetricCatalogue
  private let kernels: Kernels
  private let configuration: ModelConfiguration
  private let readers: Int
  private let processes: any Processes

  /// - Parameters:
  ///   - paths: run folders, checkpoint folders and weight files of one model.
  ///   - readers: files that are read side by side.
  ///   - processes: that share the checkpoints; all find the same, and the first one has the tensors.
  /// - Throws: ``CheckpointError`` when a checkpoint cannot be read or is of another model than the rest; ``ConfigurationError``
  ///   when the encoder has no such block.
  public init(
    checkpoints paths: [String], weights: WeightOptions = WeightOptions(), options: Options = Options(),
    metrics: MetricCatalogue = .builtIn, readers: Int = 2, processes: any Processes = SingleProcess(),
    on kernels: Kernels = Kernels()
  ) throws {
    self.metrics = metrics
    checkpoints = try AnalysedCheckpoints(paths, weights)
    self.options = options
    self.kernels = kernels
    self.readers = readers
    self.processes = processes
    var configuration = checkpoints.entries.last!.checkpoint.configuration
    configuration.masking = configuration.masking.ofAllTokens
    if let ratio = options.maskRatio { configuration.masking.ratio = ratio }
    self.configuration = configuration
    let depth = configuration.encoder.blocks.depth
    if let layer = options.layer, !(1...depth).contains(layer) {
      throw ConfigurationError("--layer is \(layer); the encoder has blocks 1 to \(depth)")
    }
    let problems = configuration.problems
    guard problems.isEmpty else { throw ConfigurationError(problems) }
    _ = try configuration.maskingStrategy()
  }

  /// Checkpoints that are looked at, one after the other.
  public var checkpointCount: Int { checkpoints.entries.count }

  /// Of the weights.
  package var files: [String] { checkpoints.entries.flatMap(\.checkpoint.files) }

  /// What people should know about the model, one sentence each.
  public var remarks: [String] { checkpoints.damage + checkpoints.entries.last!.checkpoint.remarks }

  /// - Parameters:
  ///   - wantsTensors: see ``Outcome/tensors``.
  ///   - progress: called with samples done and samples in all, those of every checkpoint counted.
  /// - Throws: ``DataError`` when no file can be read; ``CheckpointError``.
  public func run(
    _ manifest: Manifest, wantsTensors: Bool = false, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    let material = try AnalysisMaterial(
      manifest, checkpoint: checkpoints.entries.last!.checkpoint, configuration: configuration, samples: options.samples,
      readers: readers, timeLimit: options.timeLimit)
    let depth = configuration.encoder.blocks.depth
    let count = material.samples.count
    let shown = min(options.pictured, count)
    let pictured = (0..<shown).map { $0 * count / shown }
    let context = AnalysisContext(
      model: configuration, pictureLayer: options.layer ?? depth, pictured: pictured,
      seed: options.seed, labels: material.comparison.map(\.description.label))
    let metrics = metrics.metrics.filter { $0.obstacle(in: context) == nil }
    var warnings = material.remarks
    let last = try trace(checkpoints.entries.last!.checkpoint, context, &warnings)
    let masks = try material.samples.indices.map { index in
      try last.model.masks(
        for: [Sample(file: 0, position: index, epoch: 0, crop: PixelRect(whole: configuration.input.size))],
        random: RandomStream(seed: options.seed), progress: 1)[0]
    }
    var tensors = wantsTensors ? StateDictionary(metadata: ["method": configuration.method.name]) : nil
    var ends = RelationsAtEnd(of: last, samples: material.samples.count)
    let total = checkpoints.entries.count * material.samples.count
    var done = 0
    let own = try processes.together { () throws -> [Int: MetricValues] in
      var found: [Int: MetricValues] = [:]
      for (number, entry) in checkpoints.entries.enumerated() where isOwn(number) {
        let isFinal = number + 1 == checkpoints.entries.count
        let trace = isFinal ? last : try self.trace(entry.checkpoint, context, &warnings)
        var values = metrics.map { $0.init(context) }
        for (index, sample) in material.samples.enumerated() {
          let record: (String, StoredTensor) -> Void = { tensors?["\(index).\($0)"] = $1 }
          trace.trace(
            sample.clip, mask: masks[index], sample: index, isFinal: isFinal,
            ends: ends.relations(of: sample.clip, sample: index),
            record: isFinal && wantsTensors ? record : nil
          ) { view in
            for metric in values.indices { values[metric].add(view) }
          }
          done += processes.count
          progress(min(done, total), total)
        }
        let bench = AnalysisBench(
          model: trace.model, clips: material.comparison.map { trace.encoderClip($0.clip) }, labels: context.labels,
          kernels: kernels)
        for metric in values.indices { try values[metric].examine(bench) }
        found[number] = MetricValues(values)
      }
      return found
    }
    var found: [Int: MetricValues] = [:]
    for part in try processes.all(own) { found.merge(part) { own, _ in own } }
    for other in try processes.all(warnings) { warnings += other.filter { !warnings.contains($0) } }
    return Outcome(
      result: result(checkpoints.entries.indices.map { found[$0] ?? MetricValues([]) }, material, context),
      pictured: context.pictured.map { last.encoderClip(material.samples[$0].clip) },
      bad: material.bad, warnings: warnings, tensors: tensors, metrics: self.metrics)
  }

  /// Whether a checkpoint is this process's to look at: they take turns from the last one on, which is the first process's.
  private func isOwn(_ number: Int) -> Bool { (checkpoints.entries.count - 1 - number) % processes.count == processes.rank }

  private func trace(_ checkpoint: Checkpoint, _ context: AnalysisContext, _ warnings: inout [String]) throws -> ModelTrace {
    let model = try Model(configuration, seed: nil)
    let report = try checkpoint.load(into: model)
    if let warning = report.warning { warnings.append("\(checkpoint.path): \(warning)") }
    let missing = report.missing
    if let encoder = missing.first(where: { $0.hasPrefix("encoder.") }) {
      throw CheckpointError(.unusable, file: checkpoint.path, tensor: encoder, reason: "is missing")
    }
    return ModelTrace(
      model: model, kernels: kernels, edges: context.edges, pictureLayer: context.pictureLayer, pictured: context.pictured,
      hasDecoder: missing.isEmpty && configuration.decoder != nil
        && [.ownTokens, .otherFrame].contains(configuration.objective.decoderAttention))
  }

  private func result(
    _ found: [MetricValues], _ material: AnalysisMaterial, _ context: AnalysisContext
  ) -> AnalysisResult {
    var metrics: [String: MetricResult] = [:]
    for type in self.metrics.metrics {
      let key = type.definition.key
      metrics[key] = MetricResult(
        definition: type.definition, notApplicable: type.obstacle(in: context),
        series: Self.joined(found.map { $0.series[key] ?? [] }), maps: found.last?.maps[key] ?? [])
    }
    return AnalysisResult(
      method: configuration.method.name, grid: configuration.grid, patch: configuration.input.patch,
      tubelet: configuration.input.tubelet, encoderLayers: configuration.encoder.blocks.depth,
      decoderLayers: configuration.decoder?.blocks.depth ?? 0, pictureLayer: context.pictureLayer,
      maskRatio: configuration.masking.ratio, checkpoints: checkpoints.entries.map(\.description),
      samples: material.samples.map(\.description), pictured: context.pictured, metrics: metrics)
  }

  /// Puts the rows of all checkpoints below each other.
  private static func joined(_ series: [[MetricSeries]]) -> [MetricSeries] {
    (series.last ?? []).map { last in
      var whole = last
      let rows = series.map { step in step.first { $0.name == last.name && $0.stack == last.stack } }
      whole.values = rows.map { $0?.values[0] ?? last.at.map { _ in nil } }
      whole.deviations = rows.map { $0?.deviations[0] ?? last.at.map { _ in nil } }
      return whole
    }
  }
}

/// What the metrics say of one checkpoint, by their keys.
private struct MetricValues: Codable {
  var series: [String: [MetricSeries]] = [:]
  var maps: [String: [TokenMap]] = [:]

  init(_ metrics: [any AnalysisMetric]) {
    for metric in metrics {
      let key = type(of: metric).definition.key
      (series[key], maps[key]) = (metric.series, metric.maps)
    }
  }
}

/// Relations at the last checkpoint, kept for all samples where that takes little memory, else computed each time.
private struct RelationsAtEnd {
  private let trace: ModelTrace
  private let areKept: Bool
  private var kept: [Int: [BlockStack: [Int: TokenRelationsAtEnd]]] = [:]

  init(of trace: ModelTrace, samples: Int) {
    self.trace = trace
    let configuration = trace.model.configuration
    // Two doubles for each pair of tokens.
    let bytes = configuration.grid.count * configuration.grid.count * 16
    let depth = configuration.encoder.blocks.depth + (configuration.decoder?.blocks.depth ?? 0)
    areKept = bytes * depth * samples < 512 << 20
  }

  mutating func relations(of clip: Clip, sample: Int) -> [BlockStack: [Int: TokenRelationsAtEnd]] {
    if let known = kept[sample] { return known }
    let relations = trace.relations(clip)
    if areKept { kept[sample] = relations }
    return relations
  }
}
