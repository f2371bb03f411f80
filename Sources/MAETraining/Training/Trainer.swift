import Foundation
import MAECluster
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// The training loop: batches in, weights changed, one report per step.
///
/// Gradients of `accumulation` batches are added, each counting its share; then the norm is taken, the gradient clipped, and
/// the weights changed at the rate of the schedule. Belongs to the training thread.
///
/// Processes that train together each compute a part of every batch. Gradients are added up over them in the order of ranks, each
/// part counting its samples; norm, guard and update then follow in every process from the same numbers.
public final class Trainer {
  /// How long, and at which rates.
  public internal(set) var plan: TrainingPlan { didSet { masks.follow(plan) } }
  /// What is trained.
  public let model: Model
  /// What changes the weights.
  public let optimizer: any Optimizer
  /// Where masks come from.
  public let masks: any MaskSource
  /// Where the run stands.
  public private(set) var state: TrainingState
  /// What the last step learned from.
  public private(set) var samplesOfLastStep: [Sample] = []
  /// Floating-point operations of the last step.
  public private(set) var flopsOfLastStep = 0

  let kernels: Kernels
  let processes: any Processes
  private let source: any BatchSource
  private let random: RandomStream
  private let alteration: BatchAlteration?
  /// The running mean of the weights, where the recipe asks for one.
  let average: WeightAverage?

  /// - Parameters:
  ///   - state: of a checkpoint whose weights and moments are already in place, or a new one.
  ///   - masks: drawn by the model's masking unless given.
  ///   - processes: that share each batch; `source` gives this one's part.
  public init(
    _ plan: TrainingPlan, model: Model, optimizer: any Optimizer, source: any BatchSource, state: TrainingState,
    masks: (any MaskSource)? = nil, processes: any Processes = SingleProcess(), on kernels: Kernels
  ) {
    self.plan = plan
    self.model = model
    self.optimizer = optimizer
    self.masks = masks ?? DrawnMasks(model)
    self.source = source
    self.state = state
    self.kernels = kernels
    self.processes = processes
    random = RandomStream(seed: plan.recipe.run.seed)
    alteration = BatchAlteration(plan.recipe)
    average = plan.recipe.fineTuning?.averageDecay.map { WeightAverage(model.parameters, decay: $0, on: kernels) }
    optimizer.setStepCount(state.optimizerSteps)
  }

  /// Whether all steps are done.
  public var isFinished: Bool { state.step >= plan.steps }

  /// Does one step.
  ///
  /// - Throws: what the source throws, ``MaskingError``, ``ProcessError``, or ``TrainingError`` of kind `diverged` when step
  ///   after step was left out because loss or gradient were not finite.
  public func step() throws -> StepMetrics {
    let start = ContinuousClock.now
    let (waitedBefore, effortBefore) = (source.waitSeconds, processes.effort)
    let batches = plan.recipe.run.accumulation
    let share = processes.share(of: plan.recipe.run.batchSize)
    let pass = GradientPass(model, recomputes: plan.recipe.run.recompute, share: Float(share), on: kernels)
    let exchange = processes.count > 1 ? RowExchange(processes) : nil
    samplesOfLastStep = []
    let result = try pass(batches: batches) { _, pass in
      let clips = try source.next()
      samplesOfLastStep += clips.samples
      pass.progress = Double(state.step) / Double(plan.steps)
      pass.random = random.fork("dropout", clips.samples[0].position)
      pass.sharedRows = exchange?.rows
      if let alteration { return alteration(clips, random: random.fork("alteration", clips.samples[0].position)) }
      let moment = MaskMoment(step: state.step, progress: pass.progress, random: random)
      return model.batch(clips, masks: try masks.masks(for: clips, at: moment))
    }
    try exchange?.requireSuccess()
    flopsOfLastStep = result.flops
    let parts = try processes.all(
      StepPart(
        share: share, loss: result.loss, parts: result.parts, dataSeconds: source.waitSeconds - waitedBefore,
        seconds: (ContinuousClock.now - start).inSeconds - (processes.effort - effortBefore).seconds))
    let loss = parts.reduce(0) { $0 + $1.share * $1.loss }
    if processes.count > 1 {
      try model.parameters.updateGradients { (values: inout MutableSpan<Float>) throws(ProcessError) in
        try processes.sum(&values)
      }
    }
    let norm = optimizer.gradientNorm()
    let rate = plan.schedule.rate(at: state.step)
    // What is hidden by another rule is harder or easier, and no spike.
    if masks.changedAt == state.step { state.spikes = SpikeWatch() }
    let isAccepted = state.lossGuard.accepts(loss: loss, gradientNorm: norm)
    let spike =
      isAccepted
      ? state.spikes.take(loss: loss, gradientNorm: norm, leftOutFrom: plan.recipe.run.skipSpikes) : nil
    if isAccepted, spike?.isLeftOut != true {
      optimizer.update(learningRate: rate, gradientScale: optimizer.clippingScale(norm: norm))
      average?.update()
    }

    let seconds = (ContinuousClock.now - start).inSeconds
    state.step += 1
    state.cursor += batches
    state.epoch = plan.epoch(after: state.step)
    state.optimizerSteps = optimizer.stepCount
    state.masks = named(masks.state)
    state.seconds += seconds
    if state.lossGuard.hasDiverged { throw divergence(loss) }
    var metrics = StepMetrics(
      step: state.step, epoch: state.epoch, loss: isAccepted ? loss : nil,
      parts: result.parts.count > 1 && isAccepted ? StepPart.means(parts) : nil,
      masks: named(masks.takeMetrics()), lr: rate, gradNorm: norm.isFinite ? norm : nil,
      samplesPerSecond: Double(plan.recipe.effectiveBatch) / seconds,
      dataShare: min(1, max(0, parts.map(\.dataSeconds).max() ?? 0) / seconds), memoryBytes: ProcessUsage.residentBytes,
      seconds: state.seconds)
    metrics.spike = spike
    if processes.count > 1 {
      metrics.processes = ProcessMetrics(
        secondsOfParts: parts.map(\.seconds), effort: processes.effort - effortBefore, stepSeconds: seconds)
    }
    return metrics
  }

  /// Runs `body` with the weights that are judged and saved: their running mean where there is one.
  func judging<Value>(_ body: () throws -> Value) rethrows -> Value {
    guard let average else { return try body() }
    return try average.inPlace(body)
  }

  /// What the source of masks says, by its name.
  private func named(_ value: JSONValue?) -> [String: JSONValue] { value.map { [masks.name: $0] } ?? [:] }

  /// Takes into the state what a run that continues from it needs beside the steps, of all processes.
  ///
  /// - Parameter elapsed: seconds that a run with a time limit has taken.
  func complete(elapsed: Double?) throws(ProcessError) {
    state.elapsed = elapsed
    var reads = FailedReads()
    for other in try processes.all(source.failedReads) { reads.merge(other) }
    reads = reads.from(position: state.cursor * plan.recipe.run.batchSize)
    state.failedReads = reads.isEmpty ? nil : reads
  }

  private func divergence(_ loss: Double) -> TrainingError {
    TrainingError(
      .diverged,
      """
      loss or gradient was not a number for \(LossGuard.limit) steps in a row, last at step \(state.step) (loss \(loss)); the \
      weights of the last checkpoint are kept; try a smaller --lr, a longer --warmup-epochs or --clip-grad 1
      """)
  }
}
