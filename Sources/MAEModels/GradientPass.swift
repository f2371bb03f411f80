import MAEEngine

/// The gradients of a step: cleared, added up over batches of which each counts its share, and completed.
public struct GradientPass {
  /// What a step computed besides gradients, which lie in the model's parameters.
  public struct Result {
    /// Mean over the batches.
    public var loss = 0.0
    /// Named parts of it, weights not applied; means over the batches.
    public var parts: [String: Double] = [:]
    /// Floating-point operations of products and attention, forward and backward.
    public var flops = 0
  }

  private let model: Model
  private let kernels: Kernels
  private let recomputes: Bool
  private let profile: Profile?
  private let share: Float

  /// - Parameters:
  ///   - recomputes: see ``Pass/recomputes``.
  ///   - share: what the batches count in the gradients, for instance as a part of larger ones.
  ///   - profile: where times of operations are collected, if anywhere.
  public init(
    _ model: Model, recomputes: Bool = false, share: Float = 1, profile: Profile? = nil, on kernels: Kernels
  ) {
    self.model = model
    self.recomputes = recomputes
    self.share = share
    self.profile = profile
    self.kernels = kernels
  }

  /// Computes the gradients of one or more batches.
  ///
  /// - Parameter batch: makes a batch when its turn comes, given the number of batches before it; may set what the pass depends
  ///   on beside it, such as ``Pass/random``.
  public func callAsFunction(
    batches count: Int = 1, _ batch: (_ number: Int, _ pass: inout Pass) throws -> Batch
  ) rethrows -> Result {
    var result = Result()
    model.parameters.clearGradients()
    for number in 0..<count {
      let tape = Tape(model.parameters, on: kernels, gradientScale: share / Float(count))
      var pass = Pass(on: tape, recomputes: recomputes)
      let loss = loss(try batch(number, &pass), pass)
      result.loss += Double(loss.total.tensor.scalar) / Double(count)
      for part in loss.parts { result.parts[part.name, default: 0] += part.value / Double(count) }
      tape.backward(from: loss.total)
      result.flops += tape.flops
    }
    model.parameters.completeGradients()
    return result
  }

  /// What else the pass computed is given up here: backward can use its memory.
  private func loss(_ batch: Batch, _ pass: Pass) -> Loss {
    pass.tape.profile = profile
    profile?.skip()
    return model.objective.loss(of: batch, in: pass)
  }
}
