/// Processes that train one model together, each on its part of every batch.
///
/// All of them do the same things in the same order: each call here waits until every process has made it. What decides is told
/// by one process, or follows from numbers that all have, so that none goes another way than the others. Calls belong to the
/// training thread.
public protocol Processes: AnyObject, Sendable {
  /// The number of this process, from 0. The first one writes and speaks for all.
  var rank: Int { get }
  /// How many there are.
  var count: Int { get }
  /// The number of this process among those of its machine, from 0.
  var localRank: Int { get }
  /// Processes of this machine.
  var localCount: Int { get }

  /// What working together cost this process so far.
  var effort: ProcessEffort { get }

  /// Replaces values by their sums over all processes. Each sum is added up in the order of ranks, and all get the same bits.
  func sum(_ values: inout MutableSpan<Float>) throws(ProcessError)
  /// Replaces values by those of the first process.
  func broadcast(_ values: inout MutableSpan<Float>) throws(ProcessError)
  /// The bytes of every process, in the order of ranks.
  func gather(_ bytes: [UInt8]) throws(ProcessError) -> [[UInt8]]

  /// The exit codes of all processes, when all are about to end; nil when some do not say so in time, being busy or gone.
  func lastWords(_ code: Int32, within seconds: Double) -> [Int32]?
  /// Leaves the others in good order.
  func end()
  /// Ends all processes at once, with an exit code.
  func abort(_ code: Int32)
}

extension Processes {
  /// Whether this one writes and speaks for all.
  public var isFirst: Bool { rank == 0 }

  /// The part of `0 ..< total` that is this process's; see ``Parts``.
  public func part(of total: Int) -> Range<Int> { Parts.part(rank, of: total, among: count) }
}

/// What working together costs a process, in seconds.
public struct ProcessEffort: Hashable, Sendable {
  /// Until the others had come to the same place, what was agreed on there included.
  public var waiting = 0.0
  /// Adding up gradients.
  public var summing = 0.0

  /// Nothing yet.
  public init() {}

  /// Both.
  public var seconds: Double { waiting + summing }

  /// Since an earlier moment.
  public static func - (now: Self, earlier: Self) -> Self {
    var difference = now
    difference.waiting -= earlier.waiting
    difference.summing -= earlier.summing
    return difference
  }
}

/// How things are shared among processes.
public enum Parts {
  /// Consecutive parts of `0 ..< total` that differ in length by one at most.
  ///
  ///     8 samples, 3 processes:  01 | 234 | 567
  public static func part(_ number: Int, of total: Int, among count: Int) -> Range<Int> {
    total * number / count..<total * (number + 1) / count
  }
}
