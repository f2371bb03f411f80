import ArgumentParser
import MaskedAutoencoders

/// `mae probe`: what a pretrained encoder is worth.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Say what a pretrained encoder is worth: classify by its frozen features, or segment by its tokens.",
    discussion: """
      Example: mae probe photos/train --val photos/val -m runs/first

      Labels are the names of the folders that files lie in, or those of lists. Without --val five parts of the data take turns \
      as validation. Beside the accuracy stands that of the same probe on the network before training and on the pixels, shrunk \
      to 1,024 numbers at most: features are worth what they do better.

      linear     a linear map behind a batch norm. SGD with several rates side by side, the best on a tenth of the training \
      part; --recipe mae is the paper's LARS, which moves weights by 0.1 % a step at batches of 256 and gets nowhere on small \
      sets
      logistic   multinomial logistic regression on standardised features, as scikit-learn has it; --c holds weights back
      knn        votes of the nearest neighbours by cosine, exp(cosine / temperature); during pretraining a trend, not a score
      attentive  pools all tokens by attention as V-JEPA does, several rates and weight decays side by side
      segmentation  a linear layer on each patch token, judged by the mean intersection over union of the classes at the size of \
      the model's input. Each picture has an indexed or grey PNG of its size with the number of a class for each pixel, 255 for \
      none: masks/a.png, labels/a.png or annotations/a.png beside images/a.jpg, SegmentationClass/ beside JPEGImages/, ann_dir/ \
      beside img_dir/, or a.png or a_mask.png beside a.jpg

      Everything is read and encoded once, without augmentation. The interval holds the accuracy on other samples \
      of the same kind with 95 % confidence (Wilson). Training and validation samples with the same pixels are counted and said.
      """)

  @Argument(help: ArgumentHelp("Videos and stills with labels: folders of classes, tar shards, lists.", valueName: "train"))
  var training: [String]
  @Option(
    name: .customLong("val"), help: ArgumentHelp("The same to judge on (default: folds of the data).", valueName: "validation"))
  var validation: [String] = []
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var checkpoint: CheckpointOption
  @Option(help: "What is trained on the features.") var kind = Kind.classes(.linear)
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Block of the encoder, from 1 (default: the encoder's output).", valueName: "n"))
  var layer: Int?
  @Option(help: "The mean over the patches or the class token (default: the mean).") var pool: Pooling?
  @Option(help: "How a linear probe is trained: sgd or mae (default: sgd).") var recipe: ProbeOptions.LinearRecipe?
  @Option(parsing: .unconditional, help: "Neighbours that vote, of knn and in the curves of --output (default: 20).") var k: Int?
  @Option(parsing: .unconditional, help: "Temperature of their votes (default: 0.07).") var temperature: Double?
  @Option(parsing: .unconditional, help: "C of logistic regression (default: 1).") var c: Double?
  @Option(parsing: .unconditional, help: "Parts that take turns where there is no --val (default: 5).") var folds: Int?
  @Flag(inversion: .prefixedNo, help: "Judge the network before training and the pixels too, which takes as long again.")
  var baselines = true
  @Option(parsing: .unconditional, help: "Clips of each video whose features are averaged (default: 1).") var clips: Int?
  @OptionGroup var frameRate: FrameRate
  @Option(parsing: .unconditional, help: "Seed of folds, orders and initial weights; the same seed gives the same figures.")
  var seed: UInt64 = 0
  @Option(parsing: .unconditional, help: "Samples that are encoded at once (default: 32 stills or 4 clips).") var batchSize: Int?
  @Flag(\.allowTruncated) var allowTruncated = false
  @OptionGroup var decodeTimeout: DecodeTimeout
  @OptionGroup var compute: ComputeOptions
  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp(
      "Folder for probe.json and probe.html, a page with confusion, neighbours, and accuracy by block and checkpoint.",
      valueName: "folder")) var output: String?
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text
  @OptionGroup var weights: WeightFlags

  func validate() throws {
    guard !training.isEmpty else { throw ValidationError("There is no data; name a folder with a folder for each class") }
    for (flag, value, least) in [("k", k, 1), ("folds", folds, 2), ("clips", clips, 1), ("batch-size", batchSize, 1)] {
      if let value, value < least { throw ValidationError("--\(flag) is \(value); expected at least \(least)") }
    }
    for (flag, value) in [("temperature", temperature), ("c", c)] {
      if let value, !(value > 0 && value.isFinite) {
        throw ValidationError("--\(flag) is \(value); expected a number above 0")
      }
    }
    if folds != nil, !validation.isEmpty {
      throw ValidationError("--folds has no effect with --val, which is judged on in their place; leave one of them out")
    }
    if case .segmentation = kind {
      for (flag, isGiven) in [("pool", pool != nil), ("clips", clips != nil), ("fps", frameRate.fps != nil)] where isGiven {
        throw ValidationError("--\(flag) has no effect on a segmentation probe, which takes every token of stills; leave it out")
      }
    }
    try requireEffect()
  }

  /// Refuses flags of other kinds of probe.
  private func requireEffect() throws {
    let isClassProbe = if case .classes = kind { true } else { false }
    for (flag, isGiven, owner) in [
      ("recipe", recipe != nil, ProbeKind.linear), ("c", c != nil, .logistic), ("k", k != nil, .knn),
      ("temperature", temperature != nil, .knn),
    ] where isGiven {
      if case .classes(owner) = kind { continue }
      // Neighbours judge every block and checkpoint on the page, whatever the kind.
      if owner == .knn, isClassProbe, output != nil { continue }
      throw ValidationError(
        """
        --\(flag) has no effect on a probe of kind \(kind.defaultValueDescription); leave it out, or give --kind \
        \(owner.rawValue)
        """
      )
    }
  }

  func run() throws {
    var options = ProbeOptions()
    options.recipe = recipe ?? options.recipe
    options.neighbours = k ?? options.neighbours
    options.temperature = temperature ?? options.temperature
    options.inverseStrength = c ?? options.inverseStrength
    options.folds = folds ?? options.folds
    options.seed = seed
    options.hasBaselines = baselines
    options.clips = clips ?? options.clips
    options.batchSize = batchSize
    options.readers = ComputeOptions.cores
    options.allowsTruncated = allowTruncated
    options.timeLimit = decodeTimeout.duration
    switch kind {
    case .segmentation: try segment(options)
    case .classes(let kind):
      options.kind = kind
      try classify(options)
    }
  }

  private func classify(_ options: ProbeOptions) throws {
    let probing = try Probing(
      checkpoint: checkpoint.path, weights: weights.options, options: options, layer: layer, pooling: pool, on: compute.kernels)
    let (manifest, judged) = try files(for: probing.extractor)
    let line = CountLine("encoded", "files")
    let outcome = try probing.run(
      training: manifest, validation: judged, curves: output != nil, isCancelled: { StopSignal.requested != nil },
      progress: line.update)
    line.close()
    guard let outcome else { throw interrupted() }
    say(outcome.notes, outcome.result.bad)
    if let output {
      for path in try ProbeReport(outcome, by: probing).write(to: output) { Console.say(path) }
    }
    switch format {
    case .text: Console.result(ProbeTable(outcome).text, terminator: "")
    case .json: Console.result(JSONText.indented(outcome.result))
    }
  }

  private func segment(_ options: ProbeOptions) throws {
    let probing = try SegmentationProbing(
      checkpoint: checkpoint.path, weights: weights.options, options: options, layer: layer, on: compute.kernels)
    let (manifest, judged) = try files(for: probing.extractor)
    let pictures = try LabelledPictures(manifest)
    let judgedPictures = try judged.map(LabelledPictures.init)
    let line = CountLine("encoded", "files")
    let outcome = try probing.run(
      training: pictures, validation: judgedPictures, isCancelled: { StopSignal.requested != nil }, progress: line.update)
    line.close()
    guard let outcome else { throw interrupted() }
    say(outcome.notes, outcome.result.bad)
    if let output {
      for path in try SegmentationReport(outcome).write(to: output) { Console.say(path) }
    }
    switch format {
    case .text: Console.result(SegmentationTable(outcome).text, terminator: "")
    case .json: Console.result(JSONText.indented(outcome.result))
    }
  }

  /// What to learn from, and what to judge on if not on parts of it.
  private func files(for extractor: FeatureExtractor) throws -> (Manifest, Manifest?) {
    for remark in extractor.remarks { Console.say(remark) }
    let (fps, timeLimit) = (frameRate.fps, decodeTimeout.duration)
    let manifest = try Search.manifest(training, frameRate: fps, timeLimit: timeLimit)
    let judged = try validation.isEmpty ? nil : Search.manifest(validation, frameRate: fps, timeLimit: timeLimit)
    if let clips, !(manifest.files + (judged?.files ?? [])).contains(where: { $0.kind == .video }) {
      throw ValidationError("--clips is \(clips), and there are stills alone, which have no clips; leave it out")
    }
    if let output {
      try Folder.make(output)
      try SourceFiles.requireKept(
        writing: ProbeReport.paths(in: output), reading: manifest.sources + (judged?.sources ?? []))
    }
    Console.catchSignals(saves: false)
    return (manifest, judged)
  }

  private func interrupted() -> ExitCode {
    Console.say("Interrupted; there is no result.")
    return ExitCode(.interrupted)
  }

  private func say(_ notes: [String], _ bad: [BadFile]) {
    for note in notes { Console.say(note) }
    for bad in bad { Console.error("\(bad.file): left out: \(bad.reason)") }
  }

  /// What is told by the features: classes of files, or of pixels.
  enum Kind: ExpressibleByArgument {
    case classes(ProbeKind)
    case segmentation

    init?(argument: String) {
      if argument == "segmentation" {
        self = .segmentation
      } else if let kind = ProbeKind(rawValue: argument) {
        self = .classes(kind)
      } else {
        return nil
      }
    }

    var defaultValueDescription: String {
      switch self {
      case .classes(let kind): kind.rawValue
      case .segmentation: "segmentation"
      }
    }

    static var allValueStrings: [String] { ProbeKind.allCases.map(\.rawValue) + ["segmentation"] }
  }
}

extension ProbeOptions.LinearRecipe: ExpressibleByArgument {}
