import MAECluster
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes

/// What a run will take, found without training: sizes, and the time of three steps on random pixels.
///
/// Reading the data is not in the time; masks are drawn, also where a run will look for better ones. Of a step that adds up
/// many batches one is computed and counted as often; where one takes long, as of a paper's batch, fewer steps are measured.
public struct RunForecast {
  /// How long, and at which rates. Of a run that its time limits, as many steps as would fit by the measured time.
  public let plan: TrainingPlan
  /// By what it is for.
  public let memory: MemoryPlan
  /// Numbers that are trained.
  public let parameters: Int
  /// Tokens of a sample that the encoder sees.
  public let visibleTokens: Int
  /// Of products and attention, forward and backward.
  public let flopsPerStep: Int
  /// Of each measured step, from one to three; of the last phase where the run has several.
  public let stepSeconds: [Double]

  /// What a step takes of many processes; nil where one trains.
  public let cluster: ClusterForecast?

  /// Seconds of measuring after which nothing more is measured.
  private static let patience = 10.0

  /// Of the steps, the middle one; of many processes what theirs would take.
  public var secondsPerStep: Double { cluster?.secondsPerStep ?? stepSeconds.sorted()[stepSeconds.count / 2] }
  /// Of the whole run.
  public var seconds: Double { secondsOfMeanStep * Double(plan.steps) }
  private var secondsOfMeanStep: Double { secondsPerStep / plan.costs.cost(of: plan.phases.count - 1) }

  /// - Parameters:
  ///   - manifest: the files to learn from, those that would be held out included.
  ///   - processes: that would share each batch; the part of one of them is measured.
  ///   - network: that would join them.
  /// - Throws: ``ConfigurationError``, ``MaskingError``, or ``TrainingError`` of kind `usage` when a batch has fewer samples than
  ///   there are processes, or the run is too short for its guide.
  public init(
    _ recipe: Recipe, manifest: Manifest, memory: MemoryPlan, processes: Int = 1, network: Network? = nil, on kernels: Kernels
  ) throws {
    try Pretraining.requireSamples(recipe, for: processes)
    let files = HeldOutFiles.split(manifest, recipe, paths: nil).training.files.count
    let order = SampleOrder(
      fileCount: files, repeats: recipe.data.repeats, batchSize: recipe.run.batchSize, seed: recipe.run.seed)
    let costs = try StepCosts(recipe)
    try TrainingPlan(recipe, batchesPerEpoch: order.batchesPerEpoch, costs: costs).requireTimeForGuide()
    let model = try Model(recipe.model, seed: recipe.run.seed)
    // Long enough for the steps that are measured.
    let measured = TrainingPlan(recipe, batchesPerEpoch: order.batchesPerEpoch, steps: 1000, costs: costs)
    var own = recipe.sharing(processes)
    let batches = own.run.accumulation
    own.run.accumulation = 1
    let trainer = Trainer(
      TrainingPlan(own, batchesPerEpoch: order.batchesPerEpoch, steps: 1000, costs: costs), model: model,
      optimizer: recipe.optimizer.optimizer(for: model.parameters, on: kernels), source: Noise(own),
      state: TrainingState(seed: recipe.run.seed, recipe: recipe.fingerprint, data: ""), on: kernels)
    func seconds() throws -> Double {
      let watch = Stopwatch()
      _ = try trainer.step()
      return watch.seconds
    }
    // The first one also takes its memory from the system.
    var ofBatches = [try seconds()]
    if ofBatches[0] < Self.patience { ofBatches = [try seconds()] }
    while ofBatches.count < 3, ofBatches.reduce(0, +) < Self.patience { ofBatches.append(try seconds()) }
    // The weights change once, however many batches came before.
    let update = Stopwatch()
    trainer.optimizer.update(learningRate: 0, gradientScale: 1)
    let updateSeconds = min(update.seconds, ofBatches.min() ?? 0)
    stepSeconds = ofBatches.map { Double(batches) * ($0 - updateSeconds) + updateSeconds }
    cluster = network.map { [stepSeconds] in
      ClusterForecast(
        processes: processes, network: $0, gradients: model.parameters.trainableCount, stepSeconds: stepSeconds,
        batchSize: recipe.run.batchSize, part: own.run.batchSize)
    }
    self.memory = memory
    parameters = model.parameters.trainableCount
    visibleTokens = model.visibleTokens
    flopsPerStep = batches * trainer.flopsOfLastStep
    let perStep =
      (cluster?.secondsPerStep ?? stepSeconds.sorted()[stepSeconds.count / 2]) / costs.cost(of: measured.phases.count - 1)
    let fitting = recipe.schedule.maxTime.map { max(1, Int(Double($0.seconds) / perStep)) }
    plan = TrainingPlan(
      recipe, batchesPerEpoch: order.batchesPerEpoch, steps: fitting.map { min($0, measured.stepsWithoutLimit ?? .max) },
      costs: costs)
  }

  /// The same random pixels again and again.
  private final class Noise: BatchSource {
    let waitSeconds = 0.0
    let badFiles: [BadFile] = []
    private let batch: ClipBatch

    init(_ recipe: Recipe) { batch = ClipBatch(ofNoiseFor: recipe.model, samples: recipe.run.batchSize) }

    func next() -> ClipBatch { batch }
  }
}
