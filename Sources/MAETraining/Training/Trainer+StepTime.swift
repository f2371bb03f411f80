import MAECluster
import MAECore
import MAEModels

extension Trainer {
  /// Seconds that a step computes in the slowest process, measured on random pixels: neither weights nor random streams notice.
  ///
  /// - Parameter clock: by which it is measured.
  /// - Throws: ``MaskingError`` or ``ProcessError``.
  public func measuredStepSeconds(by clock: RunClock = .elapsed()) throws -> Double {
    let run = plan.recipe.run
    let clips = ClipBatch(ofNoiseFor: model.configuration, samples: processes.part(of: run.batchSize).count)
    let batch = model.batch(clips, masks: try model.masks(for: clips.samples, random: RandomStream(seed: 3)))
    let pass = GradientPass(model, recomputes: run.recompute, on: kernels)
    let first = clock.time { _ = pass { _, _ in batch } }
    // The first pass also takes its memory from the system; where that is little of it, a second one would take long.
    let seconds = first > 10 ? first : clock.time { _ = pass { _, _ in batch } }
    return try Double(run.accumulation) * (processes.all(seconds).max() ?? seconds)
  }
}
