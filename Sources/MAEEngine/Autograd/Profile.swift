/// How long each kind of operation took, forward and backward.
///
/// The time of an operation is that since the one before it, so that the pieces add up to the whole.
public final class Profile {
  /// All calls of one operation.
  public struct Entry: Codable, Hashable, Sendable {
    /// Its name.
    public var operation: String
    /// Since the beginning.
    public var calls = 0
    /// Of all calls.
    public var forwardSeconds = 0.0
    /// Of all calls.
    public var backwardSeconds = 0.0
    /// Of the forward part; backward counts twice as much.
    public var forwardFlops = 0

    /// Forward and backward.
    public var seconds: Double { forwardSeconds + backwardSeconds }
  }

  private var entriesByName: [String: Entry] = [:]
  private var last = ContinuousClock.now

  /// Nothing measured yet.
  public init() {}

  /// Slowest first.
  public var entries: [Entry] { entriesByName.values.sorted { $0.seconds > $1.seconds } }

  /// Starts a new interval: what happened since the last one belongs to no operation.
  public func skip() { last = .now }

  /// Adds the time since the last operation under a name of its own, such as the optimizer's.
  public func add(_ name: String) {
    let seconds = lap()
    entriesByName[name, default: Entry(operation: name)].calls += 1
    entriesByName[name]!.forwardSeconds += seconds
  }

  func add(forward step: any BackwardStep, flops: Int) {
    let (name, seconds) = (step.name, lap())
    entriesByName[name, default: Entry(operation: name)].calls += 1
    entriesByName[name]!.forwardSeconds += seconds
    entriesByName[name]!.forwardFlops += flops
  }

  func add(backward step: any BackwardStep) {
    let (name, seconds) = (step.name, lap())
    entriesByName[name, default: Entry(operation: name)].backwardSeconds += seconds
  }

  private func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return (now - last) / .seconds(1)
  }
}
