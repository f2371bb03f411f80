import CKernels

extension Kernels {
  /// How a predicted value is compared with the true one.
  public enum PixelError: Sendable {
    case squared
    case absolute

    fileprivate typealias Function =
      @convention(c) (
        _ prediction: UnsafePointer<Float>, _ target: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>?,
        _ factor: Float, _ count: Int64
      ) -> Double

    fileprivate func function(in table: mae_kernels) -> Function {
      switch self {
      case .squared: unsafe table.squared_error
      case .absolute: unsafe table.absolute_error
      }
    }
  }

  /// Σ |prediction − target|ᵖ in double, p = 2 or 1; the gradient of factor × that sum, unless nil, goes to `gradient`.
  func pixelError(_ prediction: Tensor, _ target: Tensor, _ kind: PixelError, factor: Float, gradient: Tensor?) -> Double {
    precondition(prediction.count == target.count, "loss: \(prediction.shape) against \(target.shape)")
    let grain = elementGrain
    let partials = PartialSums(parts: (prediction.count + grain - 1) / grain)
    let (p, t, g, sum) = unsafe (prediction.pointer, target.pointer, gradient?.pointer, kind.function(in: table))
    workers.forEachRange(prediction.count, grain: grain) { range in
      let start = range.lowerBound
      let own = unsafe g.map { unsafe $0.base + start }
      partials[start / grain] = unsafe sum(p.base + start, t.base + start, own, factor, Int64(range.count))
    }
    return partials.total
  }

  /// The same with targets that are made where they are needed, a few rows at a time; the gradient takes the prediction's place.
  func pixelError(overwriting prediction: Tensor, _ targets: PatchTargets, _ kind: PixelError, factor: Float) -> Double {
    precondition(prediction.count == targets.count, "loss: \(prediction.shape) against [\(targets.rows), \(targets.width)]")
    let (width, rowsPerSample, step) = (targets.width, targets.rowsPerSample, 16)
    let partials = PartialSums(parts: partCount(of: targets))
    let scratch = empty([threads, step * width])
    let (p, room, error) = unsafe (prediction.pointer, scratch.pointer, kind.function(in: table))
    forEachPart(of: targets) { part in
      let tokens = part.tokens
      let values = unsafe room.base + tokens.lane * step * width
      var sum = 0.0
      for first in stride(from: tokens.range.lowerBound, to: tokens.range.upperBound, by: step) {
        let rows = first..<min(tokens.range.upperBound, first + step)
        unsafe part.gather(rows, values, statistics: nil)
        let own = unsafe p.base + (tokens.sample * rowsPerSample + first) * width
        sum += unsafe error(own, values, own, factor, Int64(rows.count * width))
      }
      partials[tokens.number] = sum
    }
    return partials.total
  }

  /// Σ x², in double, the same for any number of threads.
  public func sumOfSquares(_ x: Tensor) -> Double {
    let grain = elementGrain
    let partials = PartialSums(parts: (x.count + grain - 1) / grain)
    let (values, squares) = unsafe (x.pointer, table.sum_of_squares)
    workers.forEachRange(x.count, grain: grain) { range in
      partials[range.lowerBound / grain] = unsafe squares(values.base + range.lowerBound, Int64(range.count))
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
