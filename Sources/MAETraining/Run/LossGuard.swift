/// Counts steps whose loss or gradient was not a number, and says when to give up.
public struct LossGuard: Codable, Hashable, Sendable {
  /// Such steps in a row after which a run has diverged.
  public static let limit = 5

  /// Steps without a number up to now, one after the other.
  public private(set) var inARow = 0
  /// All steps without a number.
  public private(set) var total = 0

  /// Nothing has happened yet.
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

  /// Whether it is time to give up.
  public var hasDiverged: Bool { inARow >= Self.limit }

  /// Why a run that has come to its end is no good: its last steps were left out, or most of them.
  func trouble(atEndOf steps: Int) -> TrainingError? {
    guard inARow > 0 || total * 2 > steps else { return nil }
    let which = inARow > 0 ? "the last \(inARow) among them" : "more than half"
    return TrainingError(
      .diverged,
      """
      loss or gradient was not a number in \(total) of \(steps) steps, \(which): what was learned is of no use; train anew in \
      another folder with a smaller --lr, a longer --warmup-epochs or --clip-grad 1
      """)
  }
}
