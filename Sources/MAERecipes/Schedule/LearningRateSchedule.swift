import Foundation
import MAEModels

/// The learning rate of every step of a run.
///
///     half-cosine   e = step / steps per epoch; e < w: peak · e / w, else min + (peak − min) · ½(1 + cos(π(e − w)/(epochs − w)))
///     cosine-table  W = ⌊w · steps per epoch⌋; step i < W: peak · i / (W − 1), else the cosine at (i − W)/(steps − W)
///     multistep     warm-up, then peak · factorᵏ after k milestones
///     constant      warm-up, then peak
///     wsd           warm-up, peak until step s = steps − ⌈decay share · steps⌉, then
///                   min + (peak − min) · (1 − √((i − s)/(steps − s)))
///
/// The first is He et al. 2021's (public code: evaluated once per update), the second Tong et al. 2022's, the third Xie et al.
/// 2021's, the last Hu et al. 2024's (MiniCPM) with the fall that Hägele et al. 2024 found best.
public struct LearningRateSchedule: Hashable, Sendable {
  /// How the rate falls after warm-up.
  public let kind: ScheduleRecipe.Kind
  /// The highest rate, at the end of warm-up.
  public let peak: Double
  /// The rate at the end.
  public let minimum: Double
  /// The rate at the first step, if there is warm-up.
  public let warmupStart: Double
  /// Updates in one pass over the data; not whole when batches are accumulated across its end.
  public let stepsPerEpoch: Double
  /// Updates in the run.
  public let steps: Int
  /// Length of the warm-up after the cap, in epochs.
  public let warmupEpochs: Double
  private let givenWarmupSteps: Int?
  /// Updates before the rate begins to fall at the end of a run that can be extended; nil for other kinds.
  public let decayStart: Int?
  private let milestones: [Double]
  private let factor: Double

  /// - Precondition: `stepsPerEpoch` is positive; the recipe has no ``Recipe/problems``.
  public init(_ recipe: Recipe, stepsPerEpoch: Double) {
    precondition(stepsPerEpoch > 0, "LearningRateSchedule: \(stepsPerEpoch) steps per epoch")
    let schedule = recipe.schedule
    let scale = Double(recipe.effectiveBatch) / Double(recipe.optimizer.referenceBatch)
    kind = schedule.kind
    peak = recipe.peakLearningRate
    // A run whose peak lies below the published end stays at its peak.
    minimum = min(peak, schedule.minimumLearningRate ?? schedule.minimumBaseLearningRate * scale)
    warmupStart = min(peak, schedule.warmupBaseLearningRate * scale)
    self.stepsPerEpoch = stepsPerEpoch
    steps = schedule.steps(perEpoch: stepsPerEpoch) ?? 1
    let epochs = Double(steps) / stepsPerEpoch
    warmupEpochs =
      schedule.warmupSteps.map { Double($0) / stepsPerEpoch }
      ?? min(schedule.warmupEpochs, (schedule.warmupShare ?? .infinity) * epochs)
    givenWarmupSteps = schedule.warmupSteps
    let decay = ((schedule.decayShare ?? ScheduleRecipe.usualDecayShare) * Double(steps)).rounded(.up)
    let warmup = schedule.warmupSteps ?? Int(warmupEpochs * stepsPerEpoch)
    decayStart = kind == .wsd ? max(warmup, steps - Int(decay)) : nil
    milestones = schedule.milestones ?? []
    factor = schedule.factor ?? 1
  }

  /// Whole steps of warm-up.
  public var warmupSteps: Int { givenWarmupSteps ?? Int(warmupEpochs * stepsPerEpoch) }

  /// Length of the run in passes over the data.
  public var epochs: Double { Double(steps) / stepsPerEpoch }

  /// The rate of the update that has `step` updates before it.
  public func rate(at step: Int) -> Double {
    switch kind {
    case .halfCosine:
      let epoch = Double(step) / stepsPerEpoch
      if epoch < warmupEpochs { return warmupStart + (peak - warmupStart) * epoch / warmupEpochs }
      return cosine((epoch - warmupEpochs) / (epochs - warmupEpochs))
    case .cosineTable:
      if step < warmupSteps { return tableWarmup(step) }
      return cosine(Double(step - warmupSteps) / Double(max(1, steps - warmupSteps)))
    case .multistep:
      if step < warmupSteps { return linearWarmup(step) }
      let passed = milestones.count { Double(step) >= ($0 * Double(steps)).rounded(.down) }
      return peak * pow(factor, Double(passed))
    case .constant:
      return step < warmupSteps ? linearWarmup(step) : peak
    case .wsd:
      guard step >= warmupSteps else { return linearWarmup(step) }
      guard let decayStart, step > decayStart else { return peak }
      return minimum + (peak - minimum) * (1 - (Double(step - decayStart) / Double(steps - decayStart)).squareRoot())
    }
  }

  /// Both ends included: the last step of the warm-up has the peak rate.
  private func tableWarmup(_ step: Int) -> Double {
    guard warmupSteps > 1 else { return warmupStart }
    return warmupStart + (peak - warmupStart) * Double(step) / Double(warmupSteps - 1)
  }

  /// The first step after the warm-up has the peak rate.
  private func linearWarmup(_ step: Int) -> Double { warmupStart + (peak - warmupStart) * Double(step) / Double(warmupSteps) }

  private func cosine(_ share: Double) -> Double {
    minimum + (peak - minimum) * 0.5 * (1 + cos(.pi * min(1, max(0, share))))
  }
}

extension ScheduleRecipe {
  /// Length in updates of the weights; nil where only a time says how long.
  package func steps(perEpoch stepsPerEpoch: Double) -> Int? {
    steps ?? epochs.map { max(1, Int(($0 * stepsPerEpoch).rounded())) }
  }
}
