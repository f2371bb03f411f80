/// Reads that failed although the file may be good: they took too long, or the storage reported an error.
///
/// What such a read would have given cannot be known, so another file took its place. A run that is continued with this record
/// draws the same samples as if it had never stopped.
public struct FailedReads: Codable, Hashable, Sendable {
  /// A file that is not tried any more.
  public struct GivenUp: Codable, Hashable, Sendable {
    /// The position of the sample from which on the file is left alone; see ``Sample/position``.
    public var position: Int
    /// One phrase.
    public var reason: String
  }

  /// A file that was not taken for one sample.
  public struct PassedOver: Codable, Hashable, Sendable {
    /// Of the sample among all that are drawn.
    public var position: Int
    /// Its path.
    public var file: String
    /// One phrase.
    public var reason: String
  }

  /// Files that took too long, by their path.
  public private(set) var givenUp: [String: GivenUp] = [:]
  /// Samples for which a file was passed over.
  public private(set) var passedOver: [PassedOver] = []

  /// None so far.
  public init() {}

  /// Whether every read succeeded.
  public var isEmpty: Bool { givenUp.isEmpty && passedOver.isEmpty }

  /// The record without what only samples before a position needed.
  public func from(position: Int) -> Self {
    var rest = self
    rest.passedOver.removeAll { $0.position < position }
    return rest
  }

  /// Takes in the record of another process of the run: a file is left alone from where the first one gave it up.
  package mutating func merge(_ other: Self) {
    for (file, found) in other.givenUp where found.position < givenUp[file]?.position ?? .max { givenUp[file] = found }
    passedOver += other.passedOver.filter { !passedOver.contains($0) }
  }

  /// Why a file is not read for a sample, or nil.
  func reason(against file: String, at position: Int) -> String? {
    if let found = givenUp[file], found.position <= position { return found.reason }
    return passedOver.first { $0.position == position && $0.file == file }?.reason
  }

  /// Notes that a file failed for some samples, and that it is left alone from a later one on.
  mutating func add(_ file: String, at positions: Range<Int>, from later: Int?, reason: String) {
    for position in positions where self.reason(against: file, at: position) == nil {
      passedOver.append(PassedOver(position: position, file: file, reason: reason))
    }
    guard let later, later < givenUp[file]?.position ?? .max else { return }
    givenUp[file] = GivenUp(position: later, reason: reason)
  }
}
