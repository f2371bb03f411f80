import Foundation
import MAECore

/// t-SNE into the plane, exact (van der Maaten and Hinton 2008): perplexity 30, early exaggeration 12 for 250 of 750 rounds,
/// momentum 0.5 and then 0.8, gains per coordinate.
package enum NeighbourEmbedding {
  private static let rounds = 750
  private static let earlyRounds = 250
  private static let exaggeration = 12.0

  /// Coordinates `[count, 2]`.
  ///
  /// - Parameter squaredDistances: of all pairs of points, `[count, count]`.
  package static func plane(squaredDistances: [Double], count: Int, perplexity: Double = 30, random: RandomStream) -> [Double] {
    guard count > 3 else { return (0..<count).flatMap { [Double($0), 0] } }
    let target = min(perplexity, Double(count - 1) / 3)
    let affinities = jointAffinities(squaredDistances, count: count, perplexity: target)
    var stream = random
    var y = (0..<2 * count).map { _ in stream.normal() * 1e-4 }
    var velocity = [Double](repeating: 0, count: 2 * count)
    var gains = [Double](repeating: 1, count: 2 * count)
    let rate = max(50, Double(count) / exaggeration / 4)
    for round in 0..<rounds {
      let isEarly = round < earlyRounds
      let gradient = gradient(y, affinities, count: count, exaggeration: isEarly ? exaggeration : 1)
      let momentum = isEarly ? 0.5 : 0.8
      for index in y.indices {
        gains[index] = max(0.01, (gradient[index] > 0) != (velocity[index] > 0) ? gains[index] + 0.2 : gains[index] * 0.8)
        velocity[index] = momentum * velocity[index] - rate * gains[index] * gradient[index]
        y[index] += velocity[index]
      }
    }
    return y
  }

  /// ∂C/∂y_i = 4 Σ_j (p_ij − q_ij)(y_i − y_j) ÷ (1 + |y_i − y_j|²)
  private static func gradient(_ y: [Double], _ p: [Double], count: Int, exaggeration: Double) -> [Double] {
    var weights = [Double](repeating: 0, count: count * count)
    var sum = 0.0
    for a in 0..<count {
      for b in a + 1..<max(a + 1, count) {
        let (dx, dy) = (y[2 * a] - y[2 * b], y[2 * a + 1] - y[2 * b + 1])
        let weight = 1 / (1 + dx * dx + dy * dy)
        weights[a * count + b] = weight
        sum += 2 * weight
      }
    }
    var gradient = [Double](repeating: 0, count: 2 * count)
    for a in 0..<count {
      for b in a + 1..<max(a + 1, count) {
        let weight = weights[a * count + b]
        let force = 4 * (exaggeration * p[a * count + b] - weight / sum) * weight
        let (fx, fy) = (force * (y[2 * a] - y[2 * b]), force * (y[2 * a + 1] - y[2 * b + 1]))
        gradient[2 * a] += fx
        gradient[2 * a + 1] += fy
        gradient[2 * b] -= fx
        gradient[2 * b + 1] -= fy
      }
    }
    return gradient
  }

  /// p_ij = (p_j|i + p_i|j) ÷ 2n, each row's width found so that its entropy is that of the perplexity.
  private static func jointAffinities(_ distances: [Double], count: Int, perplexity: Double) -> [Double] {
    var conditional = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      let values = distances[row * count..<(row + 1) * count]
      let nearest = values.enumerated().filter { $0.offset != row }.map(\.element).min() ?? 0
      var (low, high, beta) = (0.0, Double.infinity, 1.0)
      var shares: [Double] = []
      for _ in 0..<60 {
        shares = values.enumerated().map { $0.offset == row ? 0 : exp(-beta * ($0.element - nearest)) }
        let sum = shares.reduce(0, +)
        shares = shares.map { $0 / sum }
        let entropy = -shares.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
        if abs(entropy - log(perplexity)) < 1e-5 { break }
        if entropy > log(perplexity) {
          low = beta
          beta = high.isFinite ? (low + high) / 2 : beta * 2
        } else {
          high = beta
          beta = (low + high) / 2
        }
      }
      for column in 0..<count { conditional[row * count + column] = shares[column] }
    }
    var joint = [Double](repeating: 0, count: count * count)
    for a in 0..<count {
      for b in 0..<count where a != b {
        joint[a * count + b] = max((conditional[a * count + b] + conditional[b * count + a]) / Double(2 * count), 1e-12)
      }
    }
    return joint
  }
}
