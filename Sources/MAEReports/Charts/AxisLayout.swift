import Foundation

/// Where the ends and ticks of an axis are for some data.
struct AxisLayout {
  struct Tick {
    var value: Double
    var text: String
  }

  let scale: Axis.Scale
  let lower, upper: Double
  let ticks: [Tick]

  /// - Parameter rounded: ends move out to ticks, so that curves do not touch the border.
  init(_ axis: Axis, values: [Double], rounded: Bool) {
    scale = axis.scale
    let shown = values.filter { $0.isFinite && (axis.scale == .linear || $0 > 0) }
    var low = axis.lower ?? shown.min() ?? (axis.scale == .linear ? 0 : 0.1)
    var high = axis.upper ?? shown.max() ?? 1
    if axis.scale == .logarithmic {
      if low <= 0 { low = high > 0 ? high / 1000 : 0.001 }
      if high <= low { high = low * 10 }
      (lower, upper, ticks) = Self.decades(low, high, rounded: rounded, fixed: (axis.lower != nil, axis.upper != nil))
      return
    }
    if high <= low {
      let room = max(abs(low) * 0.1, 1e-3)
      if axis.lower == nil { low -= room }
      if axis.upper == nil { high = max(high + room, low + room) } else { low = min(low, high - room) }
    }
    let step = Self.step(over: high - low, wholeNumbers: axis.wholeNumbers)
    if rounded, axis.lower == nil { low = ((low / step) + 1e-9).rounded(.down) * step }
    if rounded, axis.upper == nil { high = ((high / step) - 1e-9).rounded(.up) * step }
    let first = Int(((low / step) - 1e-9).rounded(.up))
    let last = Int(((high / step) + 1e-9).rounded(.down))
    (lower, upper) = (low, high)
    ticks =
      first > last
      ? []
      : (first...last).map {
        Tick(value: Double($0) * step, text: NumberText.onAxis(Double($0) * step, step: step))
      }
  }

  /// Where a value lies between the ends, 0 … 1; `nil` if it cannot be shown.
  func place(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    switch scale {
    case .linear: return (value - lower) / (upper - lower)
    case .logarithmic: return value > 0 ? log(value / lower) / log(upper / lower) : nil
    }
  }

  /// 1, 2 or 5 times a power of ten, so that five to ten steps fill the range.
  private static func step(over range: Double, wholeNumbers: Bool) -> Double {
    let rough = range / 6
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.99 } ?? rough
    return wholeNumbers ? max(1, step) : step
  }

  private static func decades(
    _ low: Double, _ high: Double, rounded: Bool, fixed: (lower: Bool, upper: Bool)
  ) -> (Double, Double, [Tick]) {
    let factors: [Double] = log10(high / low) > 3 ? [1] : log10(high / low) > 1.2 ? [1, 3] : [1, 2, 5]
    let exponents = Int(log10(low).rounded(.down)) - 1...Int(log10(high).rounded(.up)) + 1
    let values = exponents.flatMap { exponent in factors.map { $0 * pow(10, Double(exponent)) } }
    var (lower, upper) = (low, high)
    if rounded, !fixed.lower { lower = values.last { $0 <= low * 1.0001 } ?? low }
    if rounded, !fixed.upper { upper = values.first { $0 >= high * 0.9999 } ?? high }
    let shown = values.filter { $0 >= lower * 0.9999 && $0 <= upper * 1.0001 }
    return (lower, upper, shown.map { Tick(value: $0, text: NumberText.short($0, digits: 2)) })
  }
}
