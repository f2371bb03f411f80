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
      weights, for a comparison. Samples are altered and mixed as the papers do; those of classes called after left or right \
      are not mirrored.

      --recipe small suits fewer than ten thousand samples; the others have the rates, lengths and decays of the public \
      commands, which are for larger batches on many machines. The share of validation samples that are recognised is \
      measured now and then, and the best checkpoint stays as checkpoints/best. mae classify uses the result.
      """)

  @Argument(help: ArgumentHelp("Videos or stills with labels: folders of classes, tar shards, lists.", valueName: "train"))
  var training: [String]
  @Option(name: .customLong("val"), help: ArgumentHelp("The same to judge on.", valueName: "validation"))
  var validation: [String]
  @OptionGroup var checkpoint: CheckpointOption
  @Option(
    name: [.short, .customLong("output")], help: ArgumentHelp("Folder of the run.", valueName: "folder"), transform: \.tidyPath)
  var output: String
  @Option(help: "Whose way of fine-tuning is taken.") var recipe = FineTuningPreset.small
  @Flag(help: "Start from random weights instead of those of the model.") var fromScratch = false
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup(title: "Classifier") var classifier: ClassifierOptions
  @OptionGroup(title: "Samples") var sampling: SamplingOptions
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions
  @OptionGroup(title: "Evaluation") var evaluation: FineTuningEvaluationOptions

  func validate() throws {
    guard !training.isEmpty else { throw ValidationError("There is no data; name a folder with a folder for each class") }
    if optimization.initialWeights != nil {
      throw ValidationError("--init has no effect here: the weights to start from are those of --model")
    }
    if optimization.extend != nil {
      throw ValidationError("--extend has no effect here: only pretraining is extended; give more --epochs and another folder")
    }
  }

  func run() throws {
    let key = try optimization.weightsKey?.value(of: \.initialWeightsKey)
    let source = try Checkpoint.read(path: checkpoint.path, options: WeightOptions(key: key ?? nil))
    let kind: ManifestFile.Kind = source.configuration.input.frames > 1 ? .video : .still
    let (training, validation) = (try files(training, kind), try files(validation, kind))
    guard training.labels.count > 1 else {
      throw ValidationError(
        """
        A classifier needs two or more classes, and the training files have \(training.labels.isEmpty ? "none" : "one"); name a \
        folder that holds a folder for each class, or a list with labels
        """)
    }
    var recipe = try resolvedRecipe(source, training)
    var notes: [String] = []
    let isFlipGiven = sampling.hflip != nil
    if !isFlipGiven, let label = training.labels.first(where: \.namesDirection) {
      recipe.data.flip = 0
      notes.append("samples are not mirrored, because a class is called '\(label)'; --hflip 0.5 mirrors them")
    }
    let means = try RunMeans(for: recipe)
    // The first process alone judges the model.
    let evaluator = try means.processes.together {
      means.processes.isFirst
        ? try ClassifierAccuracy(
          recipe, training: training, validation: validation, readers: ComputeOptions.cores, on: means.kernels) : nil
    }
    var labelled = training
    labelled.files.removeAll { $0.label == nil }
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

  /// The recipe that model, way and flags give together.
  private func resolvedRecipe(_ source: Checkpoint, _ training: Manifest) throws -> Recipe {
    try source.requireHeads(decoder: false)
    let pooling = try classifier.pool?.value(of: \.pooling)
    var recipe = recipe.recipe(
      source.configuration, classes: training.labels, pooling: pooling, samples: training.files.count)
    let rate = source.metadata["sampling-rate"].flatMap { Int($0) } ?? source.recipe?.data.samplingRate
    if let rate, recipe.model.input.frames > 1 { recipe.data.samplingRate = max(1, rate) }
    let way = source.metadata["sampling"] ?? source.recipe?.data.sampling.rawValue
    if way == DataRecipe.Sampling.uniform.rawValue { recipe.data.sampling = .uniform }
    var changes = try classifier.given + sampling.changes() + optimization.changes() + evaluation.given
    changes += [
      RecipeChange(\.inputs, self.training.map(Paths.absolute)),
      RecipeChange(\.evaluationValidation, validation.map(Paths.absolute)),
      RecipeChange(\.initialWeights, fromScratch ? nil : Paths.absolute(checkpoint.path)),
    ]
    try recipe.apply(changes)
    let problems = recipe.problems
    guard problems.isEmpty else { throw RecipeError(problems: problems) }
    try ResolvedRecipe(recipe: recipe, ignored: recipe.ignored(changes)).requireNoneIgnored()
    return recipe
  }

  private func files(_ paths: [String], _ kind: ManifestFile.Kind) throws -> Manifest {
    let cache = sampling.cache.flatMap { $0.written == "none" ? nil : Paths.absolute($0.written) }
    return try Search.manifest(paths, excluding: [Paths.absolute(output)], cache: cache, timeLimit: .seconds(60))
      .selecting(kind, otherwise: "the model \(checkpoint.path) takes the former: give such data, or another model")
  }
}

/// Flags that describe the classifier and what its samples go through.
struct ClassifierOptions: SettingFlags {
  @Option(\.inputSize, byDefault: "the model's", valueName: "pixels") var inputSize: RecipeChange?
  @Option(\.sampling, byDefault: "the model's") var sampling: RecipeChange?
  @Option(\.pooling) var pool: RecipeChange?
  @Option(\.trainedBlocks) var blocks: RecipeChange?
  @Option(\.headDropout) var headDropout: RecipeChange?
  @Option(\.dropPath, byDefault: "the recipe's") var dropPath: RecipeChange?
  @Option(\.layerDecay, byDefault: "the recipe's") var layerDecay: RecipeChange?
  @Option(\.labelSmoothing) var smoothing: RecipeChange?
  @Option(\.mixup) var mixup: RecipeChange?
  @Option(\.cutmix) var cutmix: RecipeChange?
  @Option(\.erasing) var reprob: RecipeChange?
  @Option(\.augmentations) var augmentations: RecipeChange?
  @Option(\.magnitude) var magnitude: RecipeChange?
  @Option(\.averageDecay) var modelEmaDecay: RecipeChange?
}

/// When a classifier is judged while it trains.
struct FineTuningEvaluationOptions: SettingFlags {
  @Option(\.evaluationInterval, valueName: "steps") var evalEvery: RecipeChange?
  @Option(\.evaluationShare, valueName: "share") var evalShare: RecipeChange?
  @Option(\.evaluationClips) var evalClips: RecipeChange?
  @Option(\.evaluationCrops) var evalCrops: RecipeChange?
}

extension FineTuningPreset: ExpressibleByArgument {}
