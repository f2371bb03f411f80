import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// Says what a pretrained encoder's patch tokens are worth for segmentation: a linear layer on frozen tokens, judged by the mean
/// intersection over union, beside the same on the network before training and on the pixels of each patch.
///
/// Pictures are seen as the model sees them, in one window resized to its input, and judged at that size. The figures are the
/// toolkit's own and not those of the papers' transfer tables, which fine-tune everything at larger sizes.
///
///     let probing = try SegmentationProbing(checkpoint: "runs/a")
///     let pictures = try LabelledPictures(Manifest(["voc/JPEGImages"]))
///     print(try probing.run(training: pictures)!.result.meanIou)
public struct SegmentationProbing {
  /// A judged picture.
  public struct Example: Sendable {
    /// Of its file.
    public var path: String
    /// What the model sees.
    public var picture: Image
    /// A label for each pixel, 255 = not judged.
    public var truth: [UInt8]
    /// Labels that the trained network's tokens gave, and those of the network before training if it was judged.
    public var prediction: [UInt8]
    /// Likewise.
    public var untrained: [UInt8]?
  }

  /// The result, and what it was found on.
  public struct Outcome: Sendable {
    /// The figures.
    public var result: SegmentationResult
    /// Judged pictures, spread evenly over all.
    public var examples: [Example]
    /// What a person should know of the data, one sentence each.
    public var notes: [String]
    /// Spent on reading and encoding, all networks together.
    public var encodingSeconds: Double
    /// Spent on training and judging layers.
    public var probingSeconds: Double
  }

  /// Takes the tokens.
  public let extractor: FeatureExtractor
  private let options: ProbeOptions
  private let kernels: Kernels

  /// Pictures that an outcome shows.
  private static let shown = 8

  /// - Parameters:
  ///   - path: a run folder, a checkpoint folder, or a weight file with its `config.json`.
  ///   - options: of them folds, seed, baselines, and how files are read.
  ///   - layer: see ``FeatureExtractor/layer``.
  /// - Throws: what ``FeatureExtractor`` throws.
  public init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), options: ProbeOptions = ProbeOptions(), layer: Int? = nil,
    on kernels: Kernels = Kernels()
  ) throws {
    extractor = try FeatureExtractor(checkpoint: path, weights: weights, layer: layer, pooling: .tokens, on: kernels)
    (self.options, self.kernels) = (options, kernels)
  }

  /// Reads all files once and judges.
  ///
  /// - Parameters:
  ///   - validation: nil: parts of the training pictures take turns.
  ///   - isCancelled: asked now and then whether to stop.
  ///   - progress: called with files read and files in all.
  /// - Returns: nil when it was cancelled.
  /// - Throws: ``DataError`` when nothing can be read, labels do not fit, or tokens do not fit into memory.
  public func run(
    training: LabelledPictures, validation: LabelledPictures? = nil, isCancelled: () -> Bool = { false },
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Outcome? {
    let total = training.pictures.count + (validation?.pictures.count ?? 0)
    try requireFit(pictures: total)
    let grid = extractor.checkpoint.configuration.grid
    var extractors: [any ClipFeatures] = [extractor]
    if options.hasBaselines { extractors += [try extractor.untrained(), PatchPixels(grid: grid)] }
    let reader = extractor.reader(
      chunk: options.batchSize, threads: options.readers, allowsTruncated: options.allowsTruncated, timeLimit: options.timeLimit)
    func read(_ pictures: LabelledPictures, after before: Int) throws -> SegmentationSamples {
      try SegmentationSamples(
        pictures.pictures, extractors, grid: grid, reader: reader, isCancelled: isCancelled
      ) { progress(before + $0, total) }
    }
    var watch = Stopwatch()
    let seen: SegmentationSamples
    let judged: SegmentationSamples?
    do {
      seen = try read(training, after: 0)
      judged = try validation.map { try read($0, after: training.pictures.count) }
    } catch let error as DataError where error.kind == .interrupted {
      return nil
    }
    let encodingSeconds = watch.seconds
    watch = Stopwatch()
    let numbers = try classes(of: seen, judged)
    let verdicts = extractors.indices.map { kind in
      verdict(seen.samples[kind], judged?.samples[kind], numbers)
    }
    let (main, shown) = (verdicts[0], judged ?? seen)
    let checkpoint = extractor.checkpoint
    let result = SegmentationResult(
      checkpoint: checkpoint.path, method: checkpoint.configuration.method.name,
      step: checkpoint.metadata["step"].flatMap { Int($0) }, layer: extractor.layer, meanIou: main.overlaps.mean ?? 0,
      pixelAccuracy: main.overlaps.accuracy ?? 0, untrainedMeanIou: options.hasBaselines ? verdicts[1].overlaps.mean : nil,
      pixelsMeanIou: options.hasBaselines ? verdicts[2].overlaps.mean : nil, samples: shown.count, trainingSamples: seen.count,
      folds: judged == nil ? options.folds : nil, settings: "batch norm, SGD, rate \(main.rates) for 256 patches",
      classes: numbers.sorted { $0.key < $1.key }.map { label, number in
        SegmentationResult.Class(
          label: Int(label), pixels: main.overlaps.pixels(of: number), iou: main.overlaps.overlap(of: number))
      }, bad: seen.bad + (judged?.bad ?? []))
    let labels = numbers.sorted { $0.value < $1.value }.map(\.key)
    let count = min(Self.shown, shown.count)
    let examples = (0..<count).map { place in
      let picture = place * shown.count / count
      return Example(
        path: shown.paths[picture], picture: shown.pictures[picture], truth: shown.labels[picture].ids,
        prediction: main.classes[picture].map { labels[$0] },
        untrained: options.hasBaselines ? verdicts[1].classes[picture].map { labels[$0] } : nil)
    }
    return Outcome(
      result: result, examples: examples, notes: training.notes + (validation?.notes ?? []), encodingSeconds: encodingSeconds,
      probingSeconds: watch.seconds)
  }

  /// The numbers of the labels that occur among what is learned from.
  private func classes(of seen: SegmentationSamples, _ judged: SegmentationSamples?) throws(DataError) -> [UInt8: Int] {
    let bad = seen.bad + (judged?.bad ?? [])
    guard seen.count > 1, judged?.count != 0 else {
      let reason = bad.first.map { "\($0.file): \($0.reason)" } ?? "there is one picture"
      throw DataError(
        .unusable, "\(reason); a segmentation probe needs two pictures with labels to learn from, and one to judge on")
    }
    func labels(_ samples: SegmentationSamples) -> Set<UInt8> {
      var found: Set<UInt8> = []
      for labels in samples.labels { found.formUnion(labels.ids) }
      return found.subtracting([LabelGrid.ignored])
    }
    let found = labels(seen).sorted()
    guard found.count > 1 else {
      let classes = found.isEmpty ? "no class" : "the class \(found[0]) alone"
      throw DataError(
        .unusable, path: seen.paths[0], "its labels and those of all other pictures have \(classes); give two or more")
    }
    if let judged, let unknown = labels(judged).subtracting(found).min() {
      throw DataError(
        .unusable, path: judged.paths.enumerated().first { judged.labels[$0.offset].ids.contains(unknown) }?.element,
        "its labels have the class \(unknown), and those of training do not; give labels of the same classes to both")
    }
    return Dictionary(uniqueKeysWithValues: found.enumerated().map { ($1, $0) })
  }

  /// What one kind of features tells.
  private struct Verdict {
    var overlaps: ClassOverlap
    /// Of each judged picture, a class for each pixel.
    var classes: [[Int]]
    var rates: String
  }

  private func verdict(
    _ training: PatchSegmenter.Samples, _ validation: PatchSegmenter.Samples?, _ numbers: [UInt8: Int]
  ) -> Verdict {
    if let validation { return judge(training, validation, numbers) }
    let count = training.labels.count
    var whole = Verdict(
      overlaps: ClassOverlap(classes: numbers.count), classes: [[Int]](repeating: [], count: count), rates: "")
    var rates: [String] = []
    for part in Self.parts(count, options.folds, options.seed) where !part.isEmpty && part.count < count {
      let found = judge(training[Folds.rest(of: part, count: count)], training[part], numbers)
      whole.overlaps += found.overlaps
      for (place, picture) in part.enumerated() { whole.classes[picture] = found.classes[place] }
      if !rates.contains(found.rates) { rates.append(found.rates) }
    }
    whole.rates = rates.joined(separator: ", ")
    return whole
  }

  /// A tenth of the training pictures chooses the rate; never the validation part.
  private func judge(
    _ training: PatchSegmenter.Samples, _ validation: PatchSegmenter.Samples, _ numbers: [UInt8: Int]
  ) -> Verdict {
    func segmenter(_ samples: PatchSegmenter.Samples, _ rates: [Double]) -> PatchSegmenter {
      PatchSegmenter(samples, numbers, rates: rates, seed: options.seed, on: kernels)
    }
    let (count, rates) = (training.labels.count, PatchSegmenter.rates)
    var rate = rates[rates.count / 2]
    if count > 1 {
      let held = Self.parts(count, min(10, count), options.seed)[0]
      let means = segmenter(training[Folds.rest(of: held, count: count)], rates).overlaps(with: training[held]).map {
        $0.mean ?? 0
      }
      rate = rates[means.firstIndex(of: means.max()!)!]
    }
    let chosen = segmenter(training, [rate])
    let classes = chosen.classes(of: validation)[0]
    var overlaps = ClassOverlap(classes: numbers.count)
    for (labels, found) in zip(validation.labels, classes) { overlaps.add(labels.ids.map { numbers[$0] }, found) }
    return Verdict(overlaps: overlaps, classes: classes, rates: "\(rate)")
  }

  private static func parts(_ count: Int, _ parts: Int, _ seed: UInt64) -> [[Int]] {
    Folds.dealt([Int](repeating: 0, count: count), into: parts, seed: seed)
  }

  private func requireFit(pictures: Int) throws(DataError) {
    let copies = options.hasBaselines ? 5 : 3
    let bytes = copies * MemoryLayout<Float>.size * pictures * extractor.featureShape.reduce(1, *)
    let memory = MachineMemory.current
    guard bytes > memory.bytes / 2 else { return }
    throw DataError(
      .usage,
      """
      tokens of \(pictures) pictures take about \(bytes >> 20) MB, and \(memory.owner) has \(memory.bytes >> 20); give fewer \
      pictures, or --no-baselines
      """)
  }
}
