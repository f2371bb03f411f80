import CKernels
import MAECore

/// Which values are set to zero in one place of one training step; the others are divided by the share that is kept, so
/// that sums keep their mean (Srivastava et al. 2014).
///
/// Backward draws the same values again from the seed; nothing is stored.
public struct Dropout: Sendable {
  let rate: Float
  private let seed: UInt32

  /// - Parameters:
  ///   - rate: share of values that is set to zero, 0 ..< 1.
  ///   - random: decides which; streams of different places and steps must differ.
  public init(rate: Float, random: RandomStream) {
    var random = random
    self.rate = rate
    seed = UInt32(truncatingIfNeeded: random.next())
  }

  /// - Parameter part: tells apart tensors that share a place, such as the heads of an attention.
  func values(part: Int = 0) -> mae_dropout {
    mae_dropout(
      seed: seed &+ UInt32(truncatingIfNeeded: part) &* 0x85eb_ca77, threshold: UInt32(min(Double(rate) * 0x1p32, 0xffff_ffff)),
      factor: 1 / (1 - rate))
  }
}

extension Variable {
  /// residual + x with values dropped.
  public func dropped(_ dropout: Dropout, onto residual: Variable? = nil) -> Variable {
    let kernels = tape.kernels
    let y = kernels.dropped(tensor, dropout)
    if let residual { kernels.add(residual.tensor, to: y) }
    return tape.record(y, from: [self, residual]) { DropoutStep(input: id, residual: residual?.id, dropout: dropout) }
  }
}

private struct DropoutStep: BackwardStep {
  let input, residual: Variable.ID?
  let dropout: Dropout

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    if input != nil { gradients.adopt(gradients.kernels.dropped(outputGradient, dropout), for: input) }
    if residual != nil { gradients.adopt(outputGradient, for: residual) }
  }
}

extension Kernels {
  fileprivate func dropped(_ x: Tensor, _ dropout: Dropout) -> Tensor {
    let y = empty(x.shape)
    let (from, to, drop) = unsafe (x.pointer, y.pointer, table.drop)
    workers.forEachRange(x.count, grain: elementGrain) { range in
      var values = dropout.values()
      unsafe drop(
        from.base + range.lowerBound, &values, Int64(range.lowerBound), to.base + range.lowerBound, Int64(range.count))
    }
    return y
  }
}
