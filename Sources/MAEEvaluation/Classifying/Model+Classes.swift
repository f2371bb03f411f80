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

  /// What the views of each file say together, `[files][classes]`.
  ///
  /// - Parameters:
  ///   - files: the views of each, one at least.
  ///   - count: views that go through the model at once.
  func probabilities(of files: [[Clip]], atOnce count: Int, on kernels: Kernels) -> [[Double]] {
    let views = Array(files.joined())
    var rest = stride(from: 0, to: views.count, by: count).flatMap {
      classLogits(of: Array(views[$0..<min(views.count, $0 + count)]), on: kernels)
    }[...]
    let classes = rest.count / max(1, views.count)
    return files.map { clips in
      let own = Array(rest.prefix(clips.count * classes))
      rest = rest.dropFirst(own.count)
      return TestViews.probabilities(own, classes: classes)
    }
  }
}
