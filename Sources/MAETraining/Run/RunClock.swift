import MAEFoundation

/// The time that counts for a run: seconds by some source of time, without what was excluded.
///
/// A run that people wait for goes by elapsed time; one that is compared with others by processor time, so that whatever else the
/// machine does makes no difference.
public final class RunClock {
  private let now: () -> Double
  private let start: Double
  private var excluded = 0.0

  /// Begins at once.
  ///
  /// - Parameter now: seconds since some moment; never fewer than before.
  public convenience init(_ now: @escaping () -> Double) { self.init(from: now(), now) }

  private init(from start: Double, _ now: @escaping () -> Double) { (self.start, self.now) = (start, now) }

  /// Time as people know it, from a moment on.
  public static func elapsed(since moment: ContinuousClock.Instant = .now) -> RunClock {
    RunClock(from: 0) { (ContinuousClock.now - moment).inSeconds }
  }

  /// Processor time of all threads of this process, from now on.
  public static func processor() -> RunClock { RunClock { ProcessUsage.processorSeconds } }

  /// What has counted so far.
  public var seconds: Double { now() - start - excluded }

  /// Does something whose time does not count.
  public func excluding<Result>(_ work: () throws -> Result) rethrows -> Result {
    let before = now()
    defer { excluded += now() - before }
    return try work()
  }

  /// Does something.
  ///
  /// - Returns: the time that it took.
  func time(of work: () throws -> Void) rethrows -> Double {
    let before = seconds
    try work()
    return seconds - before
  }
}
