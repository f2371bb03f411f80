import CKernels

extension Kernels {
  public enum PixelError: Sendable {
    case squared
    case absolute
  }

  /// Σ |prediction − target|ᵖ in double, p = 2 or 1; the gradient of factor × that sum, unless nil, goes to `gradient`.
  func pixelError(_ prediction: Tensor, _ target: Tensor, _ kind: PixelError, factor: Float, gradient: Tensor?) -> Double {
    precondition(prediction.count == target.count, "loss: \(prediction.shape) against \(target.shape)")
    let grain = elementGrain
    let partials = PartialSums(parts: (prediction.count + grain - 1) / grain)
    let (p, t, g) = (prediction.pointer, target.pointer, gradient?.pointer)
    workers.forEachRange(prediction.count, grain: grain) { range in
      let start = range.lowerBound
      let own = unsafe g.map { unsafe $0.base + start }
      let sum =
        switch kind {
        case .squared: unsafe mae_squared_error(p.base + start, t.base + start, own, factor, Int64(range.count))
        case .absolute: unsafe mae_absolute_error(p.base + start, t.base + start, own, factor, Int64(range.count))
        }
      partials[start / grain] = sum
    }
    return partials.total
  }

  /// Σ x², in double, the same for any number of threads.
  public func sumOfSquares(_ x: Tensor) -> Double {
    let grain = elementGrain
    let partials = PartialSums(parts: (x.count + grain - 1) / grain)
    let values = x.pointer
    workers.forEachRange(x.count, grain: grain) { range in
      partials[range.lowerBound / grain] = unsafe mae_sum_of_squares(values.base + range.lowerBound, Int64(range.count))
    }
    return partials.total
  }
}

/// One double per part of a reduction, added up in order.
@safe private final class PartialSums: @unchecked Sendable {
  // Each part writes its own element.
  private let base: UnsafeMutableBufferPointer<Double>

  init(parts: Int) {
    unsafe base = .allocate(capacity: parts)
    unsafe base.initialize(repeating: 0)
  }

  deinit { unsafe base.deallocate() }

  subscript(part: Int) -> Double {
    get { unsafe base[part] }
    set { unsafe base[part] = newValue }
  }

  var total: Double { unsafe base.reduce(0, +) }
}
