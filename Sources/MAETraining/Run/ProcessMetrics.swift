import MAECluster

/// What a line of `metrics.jsonl` says of the processes of a step.
public struct ProcessMetrics: Codable, Hashable, Sendable {
  /// How many there were.
  public var count: Int
  /// Share of the step that the first one spent adding up gradients.
  public var summing: Double
  /// Share of the step that the first one waited for others.
  public var waiting: Double
  /// The one that took longest for its part, and kept the others waiting.
  public var slowest: Int
  /// What that one took for its part.
  public var slowestSeconds: Double
  /// What the middle one took.
  public var usualSeconds: Double

  private enum CodingKeys: String, CodingKey {
    case count, summing, waiting, slowest
    case slowestSeconds = "slowest_seconds"
    case usualSeconds = "usual_seconds"
  }

  /// - Parameters:
  ///   - parts: what each process took for its part, in the order of ranks.
  ///   - effort: of the first process in the step.
  ///   - stepSeconds: of the whole step.
  init(secondsOfParts parts: [Double], effort: ProcessEffort, stepSeconds: Double) {
    count = parts.count
    summing = effort.summing / stepSeconds
    waiting = effort.waiting / stepSeconds
    slowestSeconds = parts.max() ?? 0
    slowest = parts.firstIndex(of: slowestSeconds) ?? 0
    // Of two, the faster one.
    usualSeconds = parts.sorted()[(parts.count - 1) / 2]
  }
}

/// Notices a process that keeps the others waiting step after step.
struct SlowProcessWatch {
  /// Steps in a row after which it is named, and how much longer than the middle one it takes in each.
  private static let (steps, factor) = (50, 1.25)

  private var suspect: (rank: Int, steps: Int)?
  private var named: Set<Int> = []

  /// A sentence, once for each such process.
  mutating func add(_ metrics: ProcessMetrics?) -> String? {
    guard let metrics, metrics.slowestSeconds > Self.factor * metrics.usualSeconds else {
      suspect = nil
      return nil
    }
    let steps = suspect?.rank == metrics.slowest ? suspect!.steps + 1 : 1
    suspect = (metrics.slowest, steps)
    guard steps >= Self.steps, named.insert(metrics.slowest).inserted else { return nil }
    let factor = (10 * metrics.slowestSeconds / metrics.usualSeconds).rounded() / 10
    return """
      process \(metrics.slowest) took longest in \(steps) steps in a row, \(factor) times as long as is usual in the last one; \
      the others wait for it: see what else its machine does
      """
  }
}
