import MAEMedia

/// How predicted classes cover the true ones: pixels by true and predicted class, and their intersection over union.
///
/// Over several pictures it is one count of all their pixels, as the public codes for VIP (CropMAE) and ADE20K have it.
public struct ClassOverlap: Hashable, Sendable {
  /// Classes, the background included; VIP has 20.
  public let classes: Int
  /// Pixels, `[true class, predicted class]`.
  public private(set) var counts: [Int]

  /// Nothing yet.
  public init(classes: Int = 20) {
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  /// Adds pixels.
  ///
  /// - Parameter truth: true classes; nil = not judged.
  /// - Precondition: no class beyond the last.
  package mutating func add(_ truth: [Int?], _ prediction: [Int]) {
    for (label, found) in zip(truth, prediction) { if let label { counts[label * classes + found] += 1 } }
  }

  /// Adds a frame; pixels of true classes beyond the last are left out.
  ///
  /// - Precondition: pictures of one size; no predicted class beyond the last.
  public mutating func add(truth: LabelPicture, prediction: LabelPicture) {
    precondition(truth.size == prediction.size, "ClassOverlap: \(truth.size) and \(prediction.size)")
    for (theirs, ours) in zip(truth.ids, prediction.ids) where Int(theirs) < classes {
      precondition(Int(ours) < classes, "ClassOverlap: class \(ours) of \(classes)")
      counts[Int(theirs) * classes + Int(ours)] += 1
    }
  }

  /// Adds the pixels of another count.
  package static func += (left: inout Self, right: Self) {
    for index in left.counts.indices { left.counts[index] += right.counts[index] }
  }

  /// Pixels of a class.
  public func pixels(of label: Int) -> Int { counts[label * classes..<(label + 1) * classes].reduce(0, +) }

  /// Intersection over union of a class; nil where it is neither there nor predicted.
  public func overlap(of label: Int) -> Double? {
    let predicted = (0..<classes).reduce(0) { $0 + counts[$1 * classes + label] }
    let common = counts[label * classes + label]
    let either = pixels(of: label) + predicted - common
    return either == 0 ? nil : Double(common) / Double(either)
  }

  /// The mean over the classes that are there or predicted; nil when none is.
  public var mean: Double? {
    let known = (0..<classes).compactMap(overlap)
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// Share of the pixels whose class was named; nil without any.
  package var accuracy: Double? {
    let total = counts.reduce(0, +)
    return total == 0 ? nil : Double((0..<classes).reduce(0) { $0 + counts[$1 * classes + $1] }) / Double(total)
  }
}
