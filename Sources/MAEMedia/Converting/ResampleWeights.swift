import CKernels
import Foundation
import MAECore

/// Fixed-point weights that take `input` pixels to `output` pixels along one direction.
///
/// Each output pixel's centre is mapped into the input; a filter around it, widened by the shrinking factor, weighs the pixels it
/// reaches, and the weights are scaled to sum to one (as Pillow does).
struct ResampleWeights: Hashable {
  let input: Int
  let count: Int
  let taps: Int
  let shift: Int32
  let starts: [Int32]
  let weights: [Int16]

  init(from input: Int, to output: Int, filter: ResizeFilter, isFlipped: Bool = false) {
    self.input = input
    count = output
    let scale = Double(input) / Double(output)
    let widening = max(scale, 1)
    let reach = (filter == .bilinear ? 1 : 2) * widening
    var starts: [Int32] = []
    var rows: [[Double]] = []
    for index in 0..<output {
      let centre = (Double(isFlipped ? output - 1 - index : index) + 0.5) * scale
      let first = max(0, Int(centre - reach + 0.5))
      let end = min(input, Int(centre + reach + 0.5))
      var row = (first..<end).map { Self.weight((Double($0) - centre + 0.5) / widening, filter) }
      let sum = row.reduce(0, +)
      if sum != 0 { for tap in row.indices { row[tap] /= sum } }
      starts.append(Int32(first))
      rows.append(row)
    }
    let taps = ((rows.map(\.count).max() ?? 1) + 1) & ~1
    // Outputs near the end reach fewer pixels than others: zeros in front of their weights keep all taps within the input.
    for index in rows.indices where Int(starts[index]) + taps > input {
      let earlier = max(0, input - taps)
      rows[index].insert(contentsOf: repeatElement(0, count: Int(starts[index]) - earlier), at: 0)
      starts[index] = Int32(earlier)
    }
    // The largest weight must fit in 16 bits with its sign.
    let shift: Int32 = (rows.lazy.joined().max() ?? 1) < 0.999 ? 15 : 14
    var weights: [Int16] = []
    weights.reserveCapacity(output * taps)
    for row in rows { weights += Self.rounded(row, shift, taps) }
    self.taps = taps
    self.shift = shift
    self.starts = starts
    self.weights = weights
  }

  /// Rounds so that the sum stays exactly one: the rounding error of each weight is handed to the next.
  private static func rounded(_ row: [Double], _ shift: Int32, _ taps: Int) -> [Int16] {
    var result = [Int16](repeating: 0, count: taps)
    var error = 0.0
    for (tap, weight) in row.enumerated() {
      let exact = weight * Double(Int32(1) << shift)
      let value = (exact + error).rounded()
      error += exact - value
      result[tap] = Int16(value)
    }
    return result
  }

  private static func weight(_ distance: Double, _ filter: ResizeFilter) -> Double {
    let x = abs(distance)
    switch filter {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      // Keys 1981 with a = −0.5.
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }
  }

  func withKernelWeights(_ body: (UnsafePointer<mae_resample_weights>) -> Void) {
    unsafe starts.withUnsafeBufferPointer { starts in
      unsafe weights.withUnsafeBufferPointer { weights in
        var kernel = unsafe mae_resample_weights(
          start: starts.baseAddress!, weight: weights.baseAddress!, count: Int32(count), taps: Int32(taps), shift: shift)
        unsafe body(&kernel)
      }
    }
  }
}
