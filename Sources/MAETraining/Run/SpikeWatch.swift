/// Notices steps whose loss or gradient lies far above what is usual for the run.
///
/// Mean and variance are those of the last steps, each step counting 1/64 (the first ones equally); a spike does not count. Part
/// of a run's state, so that a continued run leaves out the same steps.
public struct SpikeWatch: Codable, Hashable, Sendable {
  /// How far above the mean a step of a run lies that is said to be a spike, in standard deviations, unless the run says so.
  public static let usualLimit = 6.0
  /// Steps after which there is something to compare with.
  static let least = 32

  /// How far above the mean a step lies, in standard deviations.
  public struct Spike: Codable, Hashable, Sendable {
    /// Of its loss.
    public var loss: Double
    /// Of the norm of its gradient.
    public var gradNorm: Double
    /// Whether the weights were left as they were.
    public var isLeftOut: Bool

    private enum CodingKeys: String, CodingKey {
      case loss
      case gradNorm = "grad_norm"
      case isLeftOut = "left_out"
    }
  }

  private struct Course: Codable, Hashable, Sendable {
    var mean = 0.0
    var variance = 0.0

    /// Standard deviations above the mean. A course that hardly moves, as that of a classifier that has not begun to learn, has
    /// one of a hundredth: a few hundredths more are no trouble, however rare.
    func score(_ value: Double) -> Double {
      (value - mean) / max(variance.squareRoot(), 1e-2 * abs(mean), 1e-12)
    }

    mutating func add(_ value: Double, weight: Double) {
      let difference = value - mean
      mean += weight * difference
      variance = (1 - weight) * (variance + weight * difference * difference)
    }
  }

  private var loss = Course()
  private var gradNorm = Course()
  private var count = 0
  private var inARow = 0

  /// Nothing has happened yet.
  public init() {}

  /// Takes in a step; nil when it is as usual.
  ///
  /// Where ``LossGuard/limit`` steps in a row would be spikes, the run has come to another level: it begins anew from there.
  ///
  /// - Parameters:
  ///   - loss: finite, like the norm.
  ///   - leftOutFrom: the score from which on a step is to be left out; nil: none is.
  package mutating func take(loss: Double, gradientNorm: Double, leftOutFrom limit: Double?) -> Spike? {
    // So that squares stay finite.
    let (loss, gradientNorm) = (min(loss, 1e100), min(gradientNorm, 1e100))
    let spike = Spike(loss: self.loss.score(loss), gradNorm: gradNorm.score(gradientNorm), isLeftOut: limit != nil)
    if count >= Self.least, max(spike.loss, spike.gradNorm) > limit ?? Self.usualLimit {
      inARow += 1
      if inARow < LossGuard.limit { return spike }
      self = SpikeWatch()
    }
    (inARow, count) = (0, count + 1)
    let weight = 1 / Double(min(count, 64))
    self.loss.add(loss, weight: weight)
    gradNorm.add(gradientNorm, weight: weight)
    return nil
  }
}
