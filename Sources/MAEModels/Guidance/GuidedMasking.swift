import MAECore
import MAEEngine

/// A masking that wants to know how the model in training sees the samples.
///
/// Without ``MaskContext/guidance`` it hides at random.
public protocol GuidedMasking: MaskingStrategy {
  /// When it looks, unless the recipe says otherwise.
  static func schedule(forClips isForClips: Bool) -> GuidanceRecipe

  /// Views that take turns from epoch to epoch, the first epoch having view 0.
  var views: Int { get }

  /// Looks at the whole of some samples; nil where nothing is to be found in one.
  func relevance(_ source: PixelSource, of model: Model, view: Int, on kernels: Kernels) -> [Relevance?]
}

extension GuidedMasking {
  /// One.
  public var views: Int { 1 }
}
