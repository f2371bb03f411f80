/// A value that a setting has for a share of a run, before the value that it ends with; as text `112@50%`.
public struct Stage<Value: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
  /// What the setting is meanwhile.
  public var value: Value
  /// The share of the run's steps that it lasts, above 0 and below 1; shares are told apart by millionths.
  public var share: Double

  /// A value for a share of the run.
  public init(_ value: Value, share: Double) {
    self.value = value
    self.share = share.inMillionths
  }
}

extension Array {
  /// The shares of the run at which stages end.
  func ends<Value>() -> [Double] where Element == Stage<Value> {
    indices.map { self[...$0].reduce(0.0) { $0 + $1.share }.inMillionths }
  }

  /// The value at a moment of the run; nil after the last stage.
  func value<Value>(at moment: Double) -> Value? where Element == Stage<Value> {
    zip(self, ends()).first { $0.1 > moment }?.0.value
  }
}

extension Double {
  /// Sums of shares meet where people mean the same moment.
  fileprivate var inMillionths: Double { (self * 1e6).rounded() / 1e6 }
}
