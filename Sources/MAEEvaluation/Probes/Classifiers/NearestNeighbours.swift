import Foundation
import MAEEngine

/// The `k` most similar training samples vote for their classes with `exp(cosine / T)` (Wu et al. 2018; facebookresearch/dino,
/// `eval_knn.py`).
///
/// A class without votes is never predicted; equal votes go to the lower class. With fewer training samples than `k` all vote.
package struct NearestNeighbours {
  /// A training sample and its cosine.
  package struct Neighbour: Hashable, Sendable {
    package var sample: Int
    package var similarity: Float
  }

  private let directions: [Float]
  private let width: Int
  private let labels: [Int]
  private let kernels: Kernels

  package init(_ training: LabelledFeatures, on kernels: Kernels) {
    (width, labels) = (training.width, training.labels)
    directions = Self.unitRows(training)
    self.kernels = kernels
  }

  /// The nearest training samples of each sample, nearest first; equally near ones in the order of their numbers.
  package func neighbours(of samples: LabelledFeatures, count k: Int) -> [[Neighbour]] {
    let all = kernels.tensor(directions, [labels.count, width])
    let rows = Self.unitRows(samples)
    return stride(from: 0, to: samples.count, by: Self.chunk).flatMap { start -> [[Neighbour]] in
      let count = min(Self.chunk, samples.count - start)
      let part = kernels.tensor(Array(rows[start * width..<(start + count) * width]), [count, width])
      let similarities = kernels.product(part, all, bIsTransposed: true).floats()
      return (0..<count).map { Self.largest(k, of: similarities[$0 * labels.count..<($0 + 1) * labels.count]) }
    }
  }

  /// The votes `[samples, classes]` of the first `k` neighbours, `exp((s − s₁) / T)` with the nearest one's similarity s₁.
  package func votes(of neighbours: [[Neighbour]], k: Int, temperature: Double, classes: Int) -> [[Double]] {
    neighbours.map { nearest in
      var votes = [Double](repeating: 0, count: classes)
      for neighbour in nearest.prefix(k) {
        votes[labels[neighbour.sample]] += exp(Double(neighbour.similarity - nearest[0].similarity) / temperature)
      }
      return votes
    }
  }

  /// ``votes(of:k:temperature:classes:)`` as scores.
  package func scores(of neighbours: [[Neighbour]], k: Int, temperature: Double, classes: Int) -> ClassScores {
    ClassScores(
      votes(of: neighbours, k: k, temperature: temperature, classes: classes).joined().map { $0 > 0 ? Float($0) : -.infinity },
      classes: classes)
  }

  /// Samples whose similarities are computed at once.
  private static let chunk = 256

  private static func largest(_ k: Int, of similarities: ArraySlice<Float>) -> [Neighbour] {
    var found: [Neighbour] = []
    for (sample, similarity) in similarities.enumerated() {
      if found.count == k, similarity <= found[k - 1].similarity { continue }
      if found.count == k { found.removeLast() }
      let place = found.lastIndex { $0.similarity >= similarity }.map { $0 + 1 } ?? 0
      found.insert(Neighbour(sample: sample, similarity: similarity), at: place)
    }
    return found
  }

  private static func unitRows(_ features: LabelledFeatures) -> [Float] {
    var values = features.values
    for row in 0..<features.count {
      let place = row * features.width..<(row + 1) * features.width
      var squares = 0.0
      for index in place { squares += Double(values[index]) * Double(values[index]) }
      let scale = Float(1 / max(1e-12, squares.squareRoot()))
      for index in place { values[index] *= scale }
    }
    return values
  }
}
