import MAEEngine

/// Features of samples and the classes that they belong to: what a probe learns from and is judged on.
package struct LabelledFeatures: Sendable {
  /// `[count, width]`
  package var values: [Float]
  package let width: Int
  /// Numbers of classes, one per sample.
  package var labels: [Int]

  package var count: Int { labels.count }

  /// - Precondition: `width` values for each label.
  package init(_ values: [Float], width: Int, labels: [Int]) {
    precondition(values.count == width * labels.count, "LabelledFeatures: \(values.count) values for \(labels.count) × \(width)")
    (self.values, self.width, self.labels) = (values, width, labels)
  }

  /// The samples with these numbers, in this order.
  package subscript(rows: [Int]) -> LabelledFeatures {
    var chosen: [Float] = []
    chosen.reserveCapacity(rows.count * width)
    for row in rows { chosen += values[row * width..<(row + 1) * width] }
    return LabelledFeatures(chosen, width: width, labels: rows.map { labels[$0] })
  }

  /// Some of the numbers of every sample.
  func columns(_ range: Range<Int>) -> LabelledFeatures {
    LabelledFeatures(
      (0..<count).flatMap { values[$0 * width + range.lowerBound..<$0 * width + range.upperBound] }, width: range.count,
      labels: labels)
  }

  /// Mean of each column.
  var means: [Double] {
    var sums = [Double](repeating: 0, count: width)
    forEach { column, value in sums[column] += Double(value) }
    return sums.map { $0 / Double(count) }
  }

  /// Variance of each column, divided by the count.
  func variances(around means: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    forEach { column, value in
      let difference = Double(value) - means[column]
      sums[column] += difference * difference
    }
    return sums.map { $0 / Double(count) }
  }

  /// `(x − mean) · scale`, column by column.
  func scaled(means: [Double], scales: [Double]) -> [Float] {
    var result = values
    for row in 0..<count {
      let start = row * width
      for column in 0..<width {
        result[start + column] = Float((Double(values[start + column]) - means[column]) * scales[column])
      }
    }
    return result
  }

  private func forEach(_ body: (_ column: Int, _ value: Float) -> Void) {
    for row in 0..<count {
      for column in 0..<width { body(column, values[row * width + column]) }
    }
  }
}
