import MAECore
import MAEEngine
import MAEModels

extension Model {
  /// A number for each class and clip, `[clips, classes]`, as a classifier computes it after training.
  ///
  /// - Precondition: the model is a classifier; clips have its frames and its size.
  public func classLogits(of clips: [Clip], on kernels: Kernels) -> [Float] {
    guard let classifier = objective as? Classifier else { preconditionFailure("classLogits: the model is no classifier") }
    return classifier.logits(of: source(ClipBatch(clips)), in: Pass(inferring: parameters, on: kernels)).logits.tensor.floats()
  }
}
