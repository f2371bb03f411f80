/// Counts steps whose loss or gradient was not a number, and says when to give up.
public struct LossGuard: Codable, Hashable, Sendable {
  /// Such steps in a row after which a run has diverged.
  public static let limit = 5

  public private(set) var inARow = 0
  public private(set) var total = 0

  public init() {}

  /// Whether the step may change the weights.
  public mutating func accepts(loss: Double, gradientNorm: Double) -> Bool {
    if loss.isFinite, gradientNorm.isFinite {
      inARow = 0
      return true
    }
    inARow += 1
    total += 1
    return false
  }

  public var hasDiverged: Bool { inARow >= Self.limit }
}
