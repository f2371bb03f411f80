import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining

/// Says what recipes learn from the same processor time: each trains for so many minutes, and labelled files judge its frozen
/// features at fixed times.
///
///     FOLDER/NAME/seed-N/curve.json   what was measured
///     FOLDER/NAME/seed-N/run/         the run
///
/// Processor time is that of all threads of the process while it trains, so other work on the machine does not count, and neither
/// do evaluations. The length of a run, and with it the schedule of its rate, is planned by it as a time limit plans by elapsed
/// time.
public struct LearningBenchmark {
  /// What is compared.
  public let recipes: [NamedRecipe]
  /// What is learned from; the labels are for the probes alone.
  public let training: Manifest
  /// What the probes are judged on.
  public let validation: Manifest
  /// Processor time of each run.
  public let minutes: Double
  /// Runs of each recipe.
  public var seeds = 1
  /// Where everything is kept.
  public let folder: String
  /// Makes the clock of a run; one of processor time, but for tests.
  package var clock: () -> RunClock = { .processor() }
  private let kernels: Kernels

  /// - Throws: ``DataError`` of kind `usage` when two recipes have one name.
  /// - Precondition: a run lasts for a second at least.
  public init(
    _ recipes: [NamedRecipe], training: Manifest, validation: Manifest, minutes: Double, in folder: String, on kernels: Kernels
  ) throws(DataError) {
    precondition(minutes * 60 >= 1, "LearningBenchmark: \(minutes) minutes")
    for (place, recipe) in recipes.enumerated() where recipes[..<place].contains(where: { $0.name == recipe.name }) {
      throw DataError(.usage, "two recipes are called \(recipe.name); leave one out, or give its file another name")
    }
    (self.recipes, self.training, self.validation, self.minutes, self.folder) = (recipes, training, validation, minutes, folder)
    self.kernels = kernels
  }

  /// Runs what is not done yet: every recipe with the first seed, then with the second. What was stopped or killed goes on when
  /// the same is asked for again.
  ///
  /// - Parameters:
  ///   - isCancelled: asked now and then whether to stop.
  ///   - observer: makes what follows a run, given its curve so far.
  /// - Returns: every curve in the folder, also those that others put there; nil when it was cancelled.
  /// - Throws: ``TrainingError`` when a run in the folder is another one, or diverges; ``DataError`` when labels do not fit;
  ///   what ``Pretraining`` throws.
  public func run(
    isCancelled: @escaping () -> Bool = { false }, observer: (LearningCurve, Pretraining) -> any TrainingObserver
  ) throws -> [LearningCurve]? {
    for seed in 0..<UInt64(seeds) {
      for recipe in recipes {
        guard try train(recipe, seed: seed, isCancelled, observer) else { return nil }
      }
    }
    return try LearningCurve.all(in: folder)
  }

  /// - Returns: whether the run has come to its end.
  private func train(
    _ named: NamedRecipe, seed: UInt64, _ isCancelled: @escaping () -> Bool,
    _ observer: (LearningCurve, Pretraining) -> any TrainingObserver
  ) throws -> Bool {
    let recipe = timed(named.recipe, seed: seed)
    let place = "\(folder)/\(named.name.replacing("/", with: "_"))/seed-\(seed)"
    try Folder.make(place)
    let runFolder = try RunFolder(place + "/run")
    if let stored = try runFolder.storedRecipe() { try runFolder.requireAgreement(of: recipe, with: stored) }
    let kind: ManifestFile.Kind = recipe.method.isForVideo ? .video : .still
    let (training, validation) = (try self.training.selecting(kind), try self.validation.selecting(kind))
    let probe = try ModelProbe(recipe, training: training, validation: validation, readers: 2, on: kernels)
    var curve = LearningCurve(
      recipe: named.name, program: "swift-mae \(Version.current)", method: recipe.method.name, seed: seed, minutes: minutes,
      processor: RunEnvironment.processorName, instructionLevel: InstructionLevel.current.name, threads: kernels.threads,
      trainingSamples: probe.classes.training.count, validationSamples: probe.classes.validation?.count ?? 0, points: [])
    let path = place + "/" + LearningCurve.fileName
    let earlier = try LearningCurve.read(path)
    if let earlier, earlier.isFinished { return true }

    let clock = self.clock()
    // With kernels of its own, for a recipe may have another precision.
    let run = try Pretraining(recipe, manifest: training, in: runFolder, clock: clock)
    // Steps that are done again are measured again.
    let done = run.continuedFrom ?? -1
    curve.points = earlier?.points.filter { $0.step <= done && $0.mark != nil } ?? []
    if let earlier, !curve.points.isEmpty, earlier.instructionLevel != curve.instructionLevel {
      throw TrainingError(
        .usage,
        """
        \(place): began with \(earlier.instructionLevel), and this process computes with \(curve.instructionLevel); use the \
        same MAE_CPU_LEVEL, or another folder
        """)
    }
    return try LearningWatch(
      run, curve, path: path, clock: clock, probe: probe, isCancelled: isCancelled, then: observer(curve, run)
    ).train()
  }

  /// A recipe with the length, the seed and the evaluation of the bench.
  private func timed(_ recipe: Recipe, seed: UInt64) -> Recipe {
    var recipe = recipe
    recipe.run.seed = seed
    recipe.run.threads = kernels.threads
    (recipe.schedule.steps, recipe.schedule.epochs) = (nil, nil)
    recipe.schedule.maxTime = TimeLimit(seconds: Int((minutes * 60).rounded()))
    recipe.evaluation = EvaluationRecipe()
    recipe.evaluation.holdout = 0
    return recipe
  }
}
