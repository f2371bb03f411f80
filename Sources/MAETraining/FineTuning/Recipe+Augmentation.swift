import MAEData
import MAEModels

extension Recipe {
  /// What the loader does to samples that a classifier learns from; nil = nothing. Unlike VideoMAE's code, which alters whole
  /// frames, clips are altered after cropping, which costs a fraction.
  var augmentation: RandAugment? {
    guard let fineTuning, fineTuning.augmentations > 0 else { return nil }
    return RandAugment(
      operations: fineTuning.augmentations, magnitude: fineTuning.magnitude,
      fill: model.input.frames > 1 ? RandAugment.grey : RandAugment.meanColour)
  }
}
