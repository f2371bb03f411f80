/// Finds the smallest value of a smooth function by its gradient: limited-memory BFGS (Nocedal 1980) with a search along each
/// direction for the weak Wolfe conditions.
struct LBFGS {
  /// Pairs of changes that curvature is read from.
  var memory = 10
  /// Directions that are tried at most.
  var maximumIterations = 500
  /// Where no derivative is larger, it ends.
  var tolerance = 1e-5

  typealias Function = ([Double]) -> (value: Double, gradient: [Double])

  /// The place of the smallest value found.
  func minimum(of function: Function, from start: [Double]) -> [Double] {
    var (place, now) = (start, function(start))
    var pairs: [(step: [Double], change: [Double], product: Double)] = []
    for _ in 0..<maximumIterations {
      if now.gradient.allSatisfy({ abs($0) <= tolerance }) { break }
      let direction = direction(now.gradient, pairs)
      guard let (next, found) = search(function, place, now, along: direction, isFirst: pairs.isEmpty) else { break }
      let step = Self.sum(next, place, -1)
      let change = Self.sum(found.gradient, now.gradient, -1)
      let product = Self.dot(step, change)
      if product > 1e-12 * Self.dot(change, change) { pairs = pairs.suffix(memory - 1) + [(step, change, product)] }
      (place, now) = (next, found)
    }
    return place
  }

  /// −H · gradient, by the two loops of Nocedal and Wright, algorithm 7.4.
  private func direction(
    _ gradient: [Double], _ pairs: [(step: [Double], change: [Double], product: Double)]
  ) -> [Double] {
    var (q, factors) = (gradient, [Double]())
    for pair in pairs.reversed() {
      factors.append(Self.dot(pair.step, q) / pair.product)
      q = Self.sum(q, pair.change, -factors.last!)
    }
    if let last = pairs.last {
      let scale = last.product / Self.dot(last.change, last.change)
      q = q.map { $0 * scale }
    }
    for (pair, factor) in zip(pairs, factors.reversed()) {
      q = Self.sum(q, pair.step, factor - Self.dot(pair.change, q) / pair.product)
    }
    return q.map { -$0 }
  }

  /// Bisection: too long a step is halved, too short a one doubled; nil where nothing lower is found.
  private func search(
    _ function: Function, _ place: [Double], _ now: (value: Double, gradient: [Double]), along direction: [Double], isFirst: Bool
  ) -> ([Double], (value: Double, gradient: [Double]))? {
    let slope = Self.dot(now.gradient, direction)
    guard slope < 0 else { return nil }
    var (low, high) = (0.0, Double.infinity)
    var length = isFirst ? min(1, 1 / Self.dot(direction, direction).squareRoot()) : 1
    for _ in 0..<40 {
      let next = Self.sum(place, direction, length)
      let found = function(next)
      if !(found.value <= now.value + 1e-4 * length * slope) {
        high = length
      } else if Self.dot(found.gradient, direction) < 0.9 * slope {
        low = length
      } else {
        return (next, found)
      }
      length = high.isFinite ? (low + high) / 2 : 2 * low
    }
    return nil
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  private static func sum(_ a: [Double], _ b: [Double], _ factor: Double) -> [Double] {
    var result = a
    for index in a.indices { result[index] += factor * b[index] }
    return result
  }
}
