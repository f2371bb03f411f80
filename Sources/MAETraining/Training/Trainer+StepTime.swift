import MAECore
import MAEFoundation
import MAEModels

extension Trainer {
  /// Seconds that a step computes, measured on random pixels: neither weights nor random streams notice.
  ///
  /// - Throws: ``MaskingError``.
  public func measuredStepSeconds() throws -> Double {
    let run = plan.recipe.run
    let clips = ClipBatch(ofNoiseFor: model.configuration, samples: run.batchSize)
    let batch = model.batch(clips, masks: try model.masks(for: clips.samples, random: RandomStream(seed: 3)))
    let first = seconds(of: batch)
    // The first pass also takes its memory from the system; where that is little of it, a second one would take long.
    return Double(run.accumulation) * (first > 10 ? first : seconds(of: batch))
  }

  private func seconds(of batch: Batch) -> Double {
    let watch = Stopwatch()
    let pass = GradientPass(model, recomputes: plan.recipe.run.recompute, on: kernels)
    _ = pass { _, _ in batch }
    return watch.seconds
  }
}
