import MAECore

/// A part of a run with an input size, a number of frames and a mask ratio of its own.
///
///     --input-size 112@50%,224 --mask-ratio 0.9@75%,0.75
///
///     share of the run   0       0.5     0.75    1
///     input size         | 112   | 224   | 224   |
///     mask ratio         | 0.9   | 0.9   | 0.75  |
///     phase              | 0     | 1     | 2     |
///
/// Weights and the optimizer's moments go from phase to phase; position tables are made anew or interpolated for its grid.
public struct TrainingPhase: Hashable, Sendable {
  /// The share of the run's steps at which it begins.
  public let start: Double
  /// The run's recipe as if all of it were this phase.
  public let recipe: Recipe
}

extension Recipe {
  /// The phases of the run in their order, the first one at share 0; one of them where no setting has stages.
  public var phases: [TrainingPhase] {
    let (sizes, frames, ratios) = (schedule.inputSizes ?? [], schedule.frames ?? [], schedule.maskRatios ?? [])
    let starts = Set([0.0] + sizes.ends() + frames.ends() + ratios.ends()).sorted()
    return starts.map { start in
      var recipe = self
      (recipe.schedule.inputSizes, recipe.schedule.frames, recipe.schedule.maskRatios) = (nil, nil, nil)
      recipe.model.input.size = sizes.value(at: start) ?? model.input.size
      recipe.model.masking.ratio = ratios.value(at: start) ?? model.masking.ratio
      if let count = frames.value(at: start) {
        recipe.model.input.frames = count
        // As many of each token's frames are predicted as in the end, so that the head fits.
        let perToken = model.predictedFramesPerSlot
        recipe.model.target.predictedFrames = model.target.predictedFrames.map { _ in perToken * count / model.input.tubelet }
      }
      return TrainingPhase(start: start, recipe: recipe)
    }
  }
}
