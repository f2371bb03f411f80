/// A process on its own: nothing is sent, and nobody is waited for.
public final class SingleProcess: Processes {
  /// The first and only one.
  public let rank = 0
  /// One.
  public let count = 1
  /// The first and only one.
  public let localRank = 0
  /// One.
  public let localCount = 1

  /// Nothing.
  public let effort = ProcessEffort()

  /// The only process of a run.
  public init() {}

  /// They are the sums.
  public func sum(_ values: inout MutableSpan<Float>) {}
  /// They are its own.
  public func broadcast(_ values: inout MutableSpan<Float>) {}
  /// Its own.
  public func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
  /// Its own.
  public func lastWords(_ code: Int32, within seconds: Double) -> [Int32]? { [code] }
  /// Nobody is left.
  public func end() {}
  /// There is nobody else to end.
  public func abort(_ code: Int32) {}
}
