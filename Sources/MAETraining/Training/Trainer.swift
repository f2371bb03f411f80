import Foundation
import MAECore
import MAEEngine
import MAEFoundation
import MAEModels

/// The training loop: batches in, weights changed, one report per step.
///
/// Gradients of `accumulation` batches are added, each counting its share; then the norm is taken, the gradient clipped, and
/// the weights changed at the rate of the schedule. Belongs to the training thread.
public final class Trainer {
  public let plan: TrainingPlan
  public let model: Model
  public let optimizer: AdamW
  /// Of a self-guided run.
  public let guide: SelfGuide?
  public private(set) var state: TrainingState
  /// Floating-point operations of the last step.
  public private(set) var flopsOfLastStep = 0

  private let kernels: Kernels
  private let source: any BatchSource
  private let random: RandomStream

  /// - Parameter state: of a checkpoint whose weights and moments are already in place, or a new one.
  public init(
    _ plan: TrainingPlan, model: Model, optimizer: AdamW, source: any BatchSource, state: TrainingState,
    guide: SelfGuide? = nil, on kernels: Kernels
  ) {
    self.plan = plan
    self.model = model
    self.optimizer = optimizer
    self.guide = guide
    self.source = source
    self.state = state
    self.kernels = kernels
    random = RandomStream(seed: plan.recipe.run.seed)
    optimizer.setStepCount(state.optimizerSteps)
  }

  public var isFinished: Bool { state.step >= plan.steps }

  /// Does one step.
  ///
  /// - Throws: what the source throws, ``MaskingError``, or ``TrainingError`` of kind `diverged` when step after step was left
  ///   out because loss or gradient were not finite.
  public func step() throws -> StepMetrics {
    let start = ContinuousClock.now
    let waitedBefore = source.waitSeconds
    let batches = plan.recipe.run.accumulation
    var guideMetrics = guide.map { _ in GuideMetrics(informed: false, fallbacks: 0, exploitation: nil, seconds: 0) }
    let pass = GradientPass(model, recomputes: plan.recipe.run.recompute, on: kernels)
    let result = try pass(batches: batches) { _, pass in
      let clips = try source.next()
      pass.progress = Double(state.step) / Double(plan.steps)
      pass.random = random.fork("dropout", clips.samples[0].position)
      let guidance = try guidance(for: clips, &guideMetrics)
      return model.batch(
        clips,
        masks: try model.masks(for: clips.samples, random: random, progress: pass.progress, guidance: guidance))
    }
    flopsOfLastStep = result.flops
    let loss = result.loss
    let norm = optimizer.gradientNorm()
    let rate = plan.schedule.rate(at: state.step)
    let isAccepted = state.lossGuard.accepts(loss: loss, gradientNorm: norm)
    if isAccepted { optimizer.update(learningRate: rate, gradientScale: optimizer.clippingScale(norm: norm)) }

    let seconds = (ContinuousClock.now - start).inSeconds
    state.step += 1
    state.cursor += batches
    state.epoch = plan.epoch(after: state.step)
    state.optimizerSteps = optimizer.stepCount
    state.guide = guide?.state
    state.seconds += seconds
    if state.lossGuard.hasDiverged { throw divergence(loss) }
    return StepMetrics(
      step: state.step, epoch: state.epoch, loss: isAccepted ? loss : nil,
      parts: result.parts.count > 1 && isAccepted ? result.parts : nil,
      guide: guideMetrics, lr: rate, gradNorm: norm.isFinite ? norm : nil,
      samplesPerSecond: Double(plan.recipe.effectiveBatch) / seconds,
      dataShare: min(1, max(0, source.waitSeconds - waitedBefore) / seconds), memoryBytes: ProcessUsage.residentBytes,
      seconds: state.seconds)
  }

  /// What the guide knows about a batch, and for the log what that took.
  private func guidance(for batch: ClipBatch, _ metrics: inout GuideMetrics?) throws -> [MaskGuidance]? {
    guard let guide, var found = metrics else { return nil }
    let start = ContinuousClock.now
    if let measured = try guide.prepare(batch, step: state.step, random: random) { found.exploitation = measured }
    let guidance = guide.guidance(for: batch, step: state.step)
    found.informed = guidance != nil
    found.fallbacks += guidance?.count { $0.relevance == nil } ?? 0
    found.seconds += (ContinuousClock.now - start).inSeconds
    metrics = found
    return guidance
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
