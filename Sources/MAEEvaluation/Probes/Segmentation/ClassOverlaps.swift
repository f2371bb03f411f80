import MAECore

/// How predicted labels cover the true ones: pixels by true and predicted class.
package struct ClassOverlaps {
  package let classes: Int
  /// `[true class][predicted class]`, one row after the other.
  private(set) var counts: [Int]

  package init(classes: Int) {
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  /// - Parameters:
  ///   - truth: numbers of classes; nil = not judged.
  package mutating func add(_ truth: [Int?], _ prediction: [Int]) {
    for (label, found) in zip(truth, prediction) { if let label { counts[label * classes + found] += 1 } }
  }

  package static func += (left: inout Self, right: Self) {
    for index in left.counts.indices { left.counts[index] += right.counts[index] }
  }

  /// Pixels of a class.
  package func pixels(of label: Int) -> Int { counts[label * classes..<(label + 1) * classes].reduce(0, +) }

  /// Intersection over union of a class; nil where it is neither there nor predicted.
  package func overlap(of label: Int) -> Double? {
    let predicted = (0..<classes).reduce(0) { $0 + counts[$1 * classes + label] }
    let hits = counts[label * classes + label]
    let union = pixels(of: label) + predicted - hits
    return union == 0 ? nil : Double(hits) / Double(union)
  }

  /// Mean over the classes that are there or predicted.
  package var mean: Double {
    let overlaps = (0..<classes).compactMap(overlap)
    return overlaps.isEmpty ? 0 : overlaps.reduce(0, +) / Double(overlaps.count)
  }

  /// Share of the pixels whose class was named.
  package var accuracy: Double {
    let total = counts.reduce(0, +)
    return total == 0 ? 0 : Double((0..<classes).reduce(0) { $0 + counts[$1 * classes + $1] }) / Double(total)
  }
}
