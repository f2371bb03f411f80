import MAECore
import MAEMedia

/// J and F of one object in a sequence.
public struct ObjectMeasures: Hashable, Codable, Sendable {
  /// Its number.
  public var object: Int
  /// J.
  public var region: FrameSummary
  /// F.
  public var boundary: FrameSummary
  /// The mean of both means.
  public var score: Double { (region.mean + boundary.mean) / 2 }

  /// J and F of each frame but the first and the last, which are not judged, for the objects 1 … the largest number in the first
  /// true picture. An object without a prediction is judged as an empty one.
  ///
  /// - Precondition: pictures are of one size, and as many of both; there are at least three.
  public static func frameByFrame(
    _ truth: [LabelPicture], _ prediction: [LabelPicture]
  ) -> [(object: Int, region: [Double], boundary: [Double])] {
    precondition(truth.count == prediction.count && truth.count >= 3, "ObjectMeasures: \(truth.count) frames")
    return (1...max(1, Int(truth[0].ids.max() ?? 0))).map { object in
      var (region, boundary): ([Double], [Double]) = ([], [])
      for frame in 1..<truth.count - 1 {
        let (theirs, ours) = (truth[frame].mask(of: object), prediction[frame].mask(of: object))
        region.append(MaskMeasures.region(theirs, ours))
        boundary.append(MaskMeasures.boundary(theirs, ours, size: truth[frame].size))
      }
      return (object, region, boundary)
    }
  }

  /// The same, summed up.
  public static func all(_ truth: [LabelPicture], _ prediction: [LabelPicture]) -> [ObjectMeasures] {
    frameByFrame(truth, prediction).map {
      ObjectMeasures(object: $0.object, region: FrameSummary($0.region), boundary: FrameSummary($0.boundary))
    }
  }
}

/// J and F over the objects of all sequences: means over objects, not over sequences.
public struct ObjectTotals: Hashable, Codable, Sendable {
  /// J & F.
  public var score: Double
  /// J.
  public var region: FrameSummary
  /// F.
  public var boundary: FrameSummary

  /// - Precondition: there is an object.
  public init(_ objects: [ObjectMeasures]) {
    region = FrameSummary(meanOf: objects.map(\.region))
    boundary = FrameSummary(meanOf: objects.map(\.boundary))
    score = (region.mean + boundary.mean) / 2
  }
}

extension LabelPicture {
  /// Where an object is.
  func mask(of object: Int) -> [Bool] { ids.map { Int($0) == object } }
}
