import Foundation
import MAEData

/// PCK: the share of points that are found, within a fraction of their figure's size (Yang and Ramanan 2013; CropMAE's JHMDB
/// code).
///
/// The size of a figure in a frame is 0.6 times the diagonal of the box around the true places of the points that were predicted;
/// the first frame, which was given, does not count. The figure is the mean over points, each over all frames of all sequences.
public struct KeypointAccuracy: Sendable {
  /// Distances of each point in frames where it was predicted, as parts of the figure's size.
  private var distances: [[Double]] = []

  /// Nothing yet.
  public init() {}

  /// Adds a sequence: its frames, each with as many points as every other.
  ///
  /// - Precondition: as many true frames as predicted ones.
  public mutating func add(truth: [[Keypoint?]], prediction: [[Keypoint?]]) {
    precondition(truth.count == prediction.count, "KeypointAccuracy: \(truth.count) and \(prediction.count) frames")
    for (theirs, ours) in zip(truth, prediction).dropFirst() {
      while distances.count < theirs.count { distances.append([]) }
      let both = zip(theirs, ours).enumerated().compactMap { index, pair -> (Int, Keypoint, Keypoint)? in
        guard let truth = pair.0, let prediction = pair.1 else { return nil }
        return (index, truth, prediction)
      }
      let (columns, rows) = (both.map(\.1.x), both.map(\.1.y))
      guard let left = columns.min(), let right = columns.max(), let top = rows.min(), let bottom = rows.max() else { continue }
      let size = 0.6 * hypot(right - left, bottom - top)
      for (index, truth, prediction) in both {
        let distance = hypot(truth.x - prediction.x, truth.y - prediction.y)
        distances[index].append(size > 0 ? distance / size : distance == 0 ? 0 : .infinity)
      }
    }
  }

  /// Percent of each point within a fraction of the figure's size; nil for one that was never seen and predicted.
  public func perPoint(within fraction: Double) -> [Double?] {
    distances.map { all in all.isEmpty ? nil : 100 * Double(all.count { $0 <= fraction }) / Double(all.count) }
  }

  /// The mean over the points, in percent; nil when none was seen.
  public func percent(within fraction: Double) -> Double? {
    let known = perPoint(within: fraction).compactMap(\.self)
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// Points that were seen in no frame, and are left out of the mean.
  public var unseen: Int { distances.count { $0.isEmpty } }
}
