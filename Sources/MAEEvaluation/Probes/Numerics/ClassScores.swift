import MAEEngine

/// How much each class speaks for each sample, `[samples, classes]`; the largest number is the prediction.
package struct ClassScores: Sendable {
  /// `[samples, classes]`; −∞ for a class that is out of the question.
  package let values: [Float]
  package let classes: Int

  package init(_ values: [Float], classes: Int) { (self.values, self.classes) = (values, classes) }

  package var count: Int { values.count / classes }

  /// The classes of a sample, best first; equal ones in the order of their numbers, those out of the question left out.
  package func ranking(of sample: Int) -> [Int] {
    let row = values[sample * classes..<(sample + 1) * classes]
    return row.indices.filter { row[$0] > -.infinity }.map { $0 - row.startIndex }.sorted {
      let (a, b) = (row[row.startIndex + $0], row[row.startIndex + $1])
      return a == b ? $0 < $1 : a > b
    }
  }

  /// The best class of each sample.
  package var predictions: [Int] { (0..<count).map { ranking(of: $0).first ?? 0 } }

  /// The share of samples whose class is among the best `places`.
  package func accuracy(_ labels: [Int], places: Int = 1) -> Double {
    guard count > 0 else { return 0 }
    return Double(labels.indices.count { ranking(of: $0).prefix(places).contains(labels[$0]) }) / Double(count)
  }

  /// Mean of `−log softmax(scores)[label]`.
  func loss(_ labels: [Int]) -> Double {
    var values = values
    let sum = labels.enumerated().reduce(0.0) { sum, sample in
      let place = sample.offset * classes..<(sample.offset + 1) * classes
      return sum + Softmax.loss(at: place, of: &values, label: sample.element, gradientScale: 1)
    }
    return sum / Double(max(1, count))
  }
}
