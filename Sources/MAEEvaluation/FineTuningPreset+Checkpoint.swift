import MAECheckpoint
import MAEModels

extension FineTuningPreset {
  /// The recipe that makes a classifier of a checkpoint's encoder; of clips, frames are sampled as in its training.
  ///
  /// - Parameters:
  ///   - checkpoint: whose encoder is trained on, or whose sizes are taken.
  ///   - classes: in the order of the logits.
  ///   - pooling: nil: the mean, with the norm that the method's own fine-tuning has.
  ///   - samples: in the training data; small data get a batch of at most a tenth.
  ///   - isPretrained: false: from random weights, all layers at one rate.
  public func recipe(
    of checkpoint: Checkpoint, classes: [String], pooling: ClassifierConfiguration.Pooling? = nil, samples: Int,
    isPretrained: Bool = true
  ) -> Recipe {
    var recipe = recipe(
      checkpoint.configuration, classes: classes, pooling: pooling, samples: samples, isPretrained: isPretrained)
    if checkpoint.configuration.input.frames > 1 { checkpoint.keepSampling(in: &recipe.data) }
    return recipe
  }
}
