import MAEData
import MAEModels

extension Recipe {
  /// What the loader does to samples that a classifier learns from; nil = nothing. Of clips whole frames are altered before
  /// they are cropped, of stills the window, as the public codes do.
  var augmentation: RandAugment? {
    guard let fineTuning, fineTuning.augmentations > 0 else { return nil }
    let isClip = model.input.frames > 1
    return RandAugment(
      operations: fineTuning.augmentations, magnitude: fineTuning.magnitude,
      fill: isClip ? RandAugment.grey : RandAugment.meanColour, takesWholeFrames: isClip)
  }
}
