import ArgumentParser
import MaskedAutoencoders

/// `mae finetune`: from a pretrained encoder to a classifier.
struct FineTuneCommand: ParsableCommand, SharingCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune", abstract: "Train a pretrained encoder on as a classifier; the same command again continues.",
    discussion: """
      Example: mae finetune photos/train --val photos/val -m runs/first -o runs/classes --epochs 20

      Labels are the names of the folders that files lie in, or those of lists, and both sets have the same. All of the encoder \
      is trained, earlier layers at smaller rates, or with --blocks the last ones alone; --from-scratch starts from random \
      weights, all layers at one rate, for a comparison. Samples are altered and mixed; those of classes called after left or \
      right are not mirrored.

      --recipe small suits fewer than ten thousand samples: a higher rate, and samples that are altered less. The others have \
      the rates, lengths, decays and alterations of the public commands, which are for larger data and larger batches on many \
      machines: mae-… for stills, videomae-… and mae-st-… for clips. The share of \
      validation samples that are recognised is measured now and then, and the best checkpoint stays as checkpoints/best. mae \
      classify uses the result.

      A configuration file stands above the recipe, and flags stand above the file. The config.yaml of such a run names data \
      and model too: mae finetune --config classes/config.yaml -o again repeats it. Without data the run in the folder is \
      continued.
      """)

  @Argument(help: ArgumentHelp("Videos or stills with labels: folders of classes, tar shards, lists.", valueName: "train"))
  var training: [String] = []
  @Option(name: .customLong("val"), help: ArgumentHelp("The same to judge on.", valueName: "validation"))
  var validation: [String] = []
  @Option(name: [.customShort("m"), .customLong("model")], help: CheckpointOption.help) var model: String?
  @OptionGroup var runOptions: RunOptions
  @Option(help: "Whose way of fine-tuning is taken (default: small).") var recipe: FineTuningPreset?
  @Flag(help: "Start from random weights instead of those of the model, all layers at one rate.") var fromScratch = false
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup(title: "Classifier") var classifier: ClassifierOptions
  @OptionGroup(title: "Samples") var sampling: SamplingOptions<FineTuningDefaults>
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions<FineTuningDefaults>
  @OptionGroup(title: "Evaluation") var evaluation: FineTuningEvaluationOptions

  func validate() throws {
    if optimization.initialWeights != nil {
      throw ValidationError("--init has no effect here: the weights to start from are those of --model")
    }
    if optimization.extend != nil {
      throw ValidationError(
        "--extend has no effect here: only pretraining is extended; start from the run's weights with --model, in another folder")
    }
  }

  func run() throws {
    let file = try configurationFile()
    let start = try Start(file, model, key: optimization.weightsKey)
    if case .file(let file) = start, let recipe = self.recipe {
      throw ValidationError(
        "--recipe \(recipe.rawValue) is a whole way of fine-tuning, and so is what \(file.path) gives; leave one of them out")
    }
    let inputs = self.training.isEmpty ? file?.inputs ?? [] : self.training.map(\.recordedPath)
    guard !inputs.isEmpty else { throw ValidationError("There is no data; name a folder with a folder for each class") }
    let judged = self.validation.isEmpty ? file?.validation ?? [] : self.validation.map(\.recordedPath)
    guard !judged.isEmpty else {
      throw ValidationError("There is nothing to judge on; name a folder of the same classes with --val")
    }
    var changes = try classifier.given + sampling.changes() + optimization.changes() + evaluation.given
    changes += [RecipeChange(\.inputs, inputs), RecipeChange(\.evaluationValidation, judged)]
    if fromScratch || model != nil {
      changes.append(RecipeChange(\.initialWeights, fromScratch ? nil : model.map(\.recordedPath)))
    }
    if fromScratch, case .file = start, !changes.contains(where: { $0.setting.path == Settings.shared.layerDecay.path }) {
      // Its first layers have nothing to keep.
      changes.append(RecipeChange(\.layerDecay, nil))
    }
    let kind = try start.kind(changes)
    let training = try files(self.training.isEmpty ? inputs : self.training, kind, file)
    let validation = try files(self.validation.isEmpty ? judged : self.validation, kind, file)
    guard training.labels.count > 1 else {
      throw ValidationError(
        """
        A classifier needs two or more classes, and the training files have \(training.labels.isEmpty ? "none" : "one"); name a \
        folder that holds a folder for each class, or a list with labels
        """)
    }
    var recipe = try resolvedRecipe(start, file, changes, training)
    var notes = validation.warnings
    let isFlipGiven = sampling.hflip != nil || file?.gives(Settings.shared.flip) == true
    if !isFlipGiven, let note = recipe.keepDirections(of: training.labels) { notes.append(note) }
    var labelled = training
    labelled.files.removeAll { $0.label == nil }
    guard let means = try runOptions.means(for: recipe, files: { labelled }) else { return }
    // The first process alone judges the model.
    let evaluator = try means.processes.together {
      means.processes.isFirst
        ? try ClassifierAccuracy(
          recipe, training: training, validation: validation, readers: ComputeOptions.cores, on: means.kernels) : nil
    }
    let output = runOptions.output
    let run = try means.begin(recipe, labelled, in: means.folder(output, for: recipe))
    Banner(
      run: run, threads: means.threads, memory: means.memory, ignored: [], defaults: nil, isPresetChosen: true,
      isMethodChosen: true
    ).print()
    for note in (evaluator?.notes ?? []) + notes { Console.say(note) }
    try TrainingSession(run, output: output, evaluator: evaluator).train { learned in
      "Done.\(learned) Say the classes of other files with: mae classify FILE -m \(Shell.quoted(output))"
    }
  }

  /// What a classifier is made of.
  private enum Start {
    /// A pretrained model, in some way of fine-tuning.
    case model(Checkpoint)
    /// All that another run was made of.
    case file(RecipeFile)

    init(_ file: RecipeFile?, _ model: String?, key: RecipeChange?) throws {
      if let file, file.isOfFineTuning {
        self = .file(file)
        return
      }
      guard let model else {
        throw ValidationError(
          "There is no model to start from; name one with --model, or the config.yaml of a run of fine-tuning with --config")
      }
      let key = try key?.value(of: \.initialWeightsKey) ?? file?.weightsKey
      let source = try Checkpoint.read(path: model, options: WeightOptions(key: key))
      try source.requireHeads(decoder: false)
      self = .model(source)
    }

    /// What it takes.
    func kind(_ changes: [RecipeChange]) throws -> ManifestFile.Kind {
      let frames =
        switch self {
        case .model(let source): source.configuration.input.frames
        case .file(let file): try Recipe.resolve(file: file, changes: changes).recipe.model.input.frames
        }
      return frames > 1 ? .video : .still
    }
  }

  /// The file of `--config`, or that of the run in the folder where nothing else says what to train on.
  private func configurationFile() throws -> RecipeFile? {
    let isContinued = runOptions.config == nil && runOptions.isRunFolder && training.isEmpty
    guard let path = isContinued ? runOptions.output + "/config.yaml" : runOptions.config else { return nil }
    let file = try RecipeFile(path: path)
    try file.requireOfFineTuning()
    return file
  }

  /// The recipe that model or file, way and flags give together.
  private func resolvedRecipe(
    _ start: Start, _ file: RecipeFile?, _ changes: [RecipeChange], _ training: Manifest
  ) throws -> Recipe {
    var resolved: ResolvedRecipe
    switch start {
    case .file(let file):
      resolved = try Recipe.resolve(file: file, changes: changes + [RecipeChange(\.classes, training.labels)])
      // What a classifier does not read comes from its method.
      resolved.ignored.removeAll { $0.file != nil }
    case .model(let source): resolved = try base(source, training).resolved(by: file, changes)
    }
    try resolved.requireNoneIgnored()
    return resolved.recipe
  }

  /// What the way of fine-tuning makes of a model.
  private func base(_ source: Checkpoint, _ training: Manifest) throws -> Recipe {
    let preset = recipe ?? .small
    let samples: FineTuningPreset.Samples = source.configuration.input.frames > 1 ? .clips : .stills
    guard preset.samples == nil || preset.samples == samples else {
      throw ValidationError(
        """
        --recipe \(preset.rawValue) is for \(samples == .clips ? "stills" : "clips"), and the model \(source.path) takes \
        \(samples.rawValue); give one of \(FineTuningPreset.names(FineTuningPreset.suiting(samples)))
        """)
    }
    return preset.recipe(
      of: source, classes: training.labels, pooling: try classifier.pool?.value(of: \.pooling),
      samples: training.files.count, isPretrained: !fromScratch)
  }

  /// - Parameter file: of settings; what it says of the search counts where no flag does.
  private func files(_ paths: [String], _ kind: ManifestFile.Kind, _ file: RecipeFile?) throws -> Manifest {
    // What is impossible is said with the rest of the recipe.
    let rate = (try sampling.fps?.value(of: \.frameRate) ?? file?.frameRate).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    let seconds = (try sampling.decodeTimeout?.value(of: \.decodeTimeout) ?? file?.decodeTimeout).flatMap { $0 > 0 ? $0 : nil }
    let cache = (sampling.cache?.written ?? file?.cache).flatMap { $0 == "none" ? nil : $0.absolutePath }
    let excluded = [runOptions.givenOutput].compactMap { $0.map(\.absolutePath) }
    return try Search.manifest(
      paths, excluding: excluded, frameRate: rate, cache: cache, timeLimit: .seconds(min(seconds ?? 60, 86400)), hasBanner: true
    )
    .selecting(kind, otherwise: "the model\(model.map { " \($0)" } ?? "") takes the former: give such data, or another model")
  }
}

/// Flags that describe the classifier and what its samples go through.
struct ClassifierOptions: SettingFlags {
  @Option(\.inputSize, of: FineTuningDefaults.self, valueName: "pixels") var inputSize: RecipeChange?
  @Option(\.sampling, of: FineTuningDefaults.self) var sampling: RecipeChange?
  @Option(\.pooling, of: FineTuningDefaults.self) var pool: RecipeChange?
  @Option(\.trainedBlocks, of: FineTuningDefaults.self) var blocks: RecipeChange?
  @Option(\.headDropout, of: FineTuningDefaults.self) var headDropout: RecipeChange?
  @Option(\.dropPath, of: FineTuningDefaults.self) var dropPath: RecipeChange?
  @Option(\.layerDecay, of: FineTuningDefaults.self) var layerDecay: RecipeChange?
  @Option(\.labelSmoothing, of: FineTuningDefaults.self) var smoothing: RecipeChange?
  @Option(\.mixup, of: FineTuningDefaults.self) var mixup: RecipeChange?
  @Option(\.cutmix, of: FineTuningDefaults.self) var cutmix: RecipeChange?
  @Option(\.erasing, of: FineTuningDefaults.self) var reprob: RecipeChange?
  @Option(\.augmentations, of: FineTuningDefaults.self) var augmentations: RecipeChange?
  @Option(\.magnitude, of: FineTuningDefaults.self) var magnitude: RecipeChange?
  @Option(\.averageDecay, of: FineTuningDefaults.self) var modelEmaDecay: RecipeChange?
}

/// When a classifier is judged while it trains.
struct FineTuningEvaluationOptions: SettingFlags {
  @Option(\.evaluationInterval, of: FineTuningDefaults.self, valueName: "steps") var evalEvery: RecipeChange?
  @Option(\.evaluationShare, of: FineTuningDefaults.self, valueName: "share") var evalShare: RecipeChange?
  @Option(\.evaluationClips, of: FineTuningDefaults.self) var evalClips: RecipeChange?
  @Option(\.evaluationCrops, of: FineTuningDefaults.self) var evalCrops: RecipeChange?
}

extension FineTuningPreset: ExpressibleByArgument {
  /// A list for people.
  static func names(_ presets: [FineTuningPreset]) -> String { presets.map(\.rawValue).joined(separator: ", ") }
}
