/// A measure over the frames of a sequence, as DAVIS sums it up.
public struct FrameSummary: Hashable, Codable, Sendable {
  /// Over the frames.
  public var mean: Double
  /// The share of frames above a half.
  public var recall: Double
  /// By how much the mean of the first quarter is above that of the last.
  public var decay: Double

  /// - Precondition: there is a value.
  public init(_ values: [Double]) {
    mean = values.reduce(0, +) / Double(values.count)
    recall = Double(values.count { $0 > 0.5 }) / Double(values.count)
    // Quarters share the frames between them, and halves are rounded up (davis2017-evaluation, `db_statistics`).
    let last = Double(values.count - 1)
    let ends = (0...4).map { (quarter: Int) -> Int in
      let exact = 1 + Double(quarter) * last / 4 + 1e-10
      return Int(exact.rounded()) - 1
    }
    func average(_ range: ClosedRange<Int>) -> Double { values[range].reduce(0, +) / Double(range.count) }
    decay = average(ends[0]...ends[1]) - average(ends[3]...ends[4])
  }

  /// The means of several.
  init(meanOf all: [FrameSummary]) {
    func average(_ value: (FrameSummary) -> Double) -> Double { all.reduce(0) { $0 + value($1) } / Double(all.count) }
    mean = average { $0.mean }
    recall = average { $0.recall }
    decay = average { $0.decay }
  }
}
