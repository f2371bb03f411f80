import MAEMedia

/// Mean IoU over classes: one count of pixels over all frames of all sequences (CropMAE's VIP code).
public struct ClassOverlap: Hashable, Sendable {
  /// Classes, the background included; VIP has 20.
  public let classes: Int
  /// Pixels, `[true class, predicted class]`.
  public private(set) var histogram: [Int]

  /// Nothing yet.
  public init(classes: Int = 20) {
    self.classes = classes
    histogram = [Int](repeating: 0, count: classes * classes)
  }

  /// Adds a frame; pixels of true classes beyond the last are left out.
  ///
  /// - Precondition: pictures of one size; no predicted class beyond the last.
  public mutating func add(truth: LabelPicture, prediction: LabelPicture) {
    precondition(truth.size == prediction.size, "ClassOverlap: \(truth.size) and \(prediction.size)")
    for (theirs, ours) in zip(truth.ids, prediction.ids) where Int(theirs) < classes {
      precondition(Int(ours) < classes, "ClassOverlap: class \(ours) of \(classes)")
      histogram[Int(theirs) * classes + Int(ours)] += 1
    }
  }

  /// Of each class the pixels in common divided by those of either; nil where there are none.
  public var perClass: [Double?] {
    (0..<classes).map { label in
      let common = histogram[label * classes + label]
      let row = (0..<classes).reduce(0) { $0 + histogram[label * classes + $1] }
      let column = (0..<classes).reduce(0) { $0 + histogram[$1 * classes + label] }
      let either = row + column - common
      return either == 0 ? nil : Double(common) / Double(either)
    }
  }

  /// The mean over the classes that occur; nil when none does.
  public var mean: Double? {
    let known = perClass.compactMap(\.self)
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }
}
