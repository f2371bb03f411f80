import Foundation
import MAECluster

/// Processes that are threads of this one: what they tell each other goes through memory, and arithmetic is as between others.
package final class ThreadProcesses: Processes {
  package let rank: Int
  package let count: Int
  package var localRank: Int { rank }
  package var localCount: Int { count }
  package let effort = ProcessEffort()
  private let meeting: Meeting

  private init(_ rank: Int, of count: Int, _ meeting: Meeting) { (self.rank, self.count, self.meeting) = (rank, count, meeting) }

  /// Runs `body` in so many of them and returns what each one gives. Where one fails, all calls of the others do.
  @discardableResult
  package static func run<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (any Processes) throws -> Value
  ) throws -> [Value] {
    let (meeting, results) = (Meeting(count), Results<Value>(count))
    let threads = (0..<count).map { rank in
      let thread = Thread {
        let result = Result { try body(ThreadProcesses(rank, of: count, meeting)) }
        if case .failure = result { meeting.leave() }
        results.set(rank, result)
      }
      thread.stackSize = 16 << 20
      return thread
    }
    for thread in threads { thread.start() }
    let all = results.all()
    // What went wrong, rather than that the others missed somebody.
    for case .failure(let error) in all where (error as? ProcessError)?.kind != .unexpected { throw error }
    return try all.map { try $0.get() }
  }

  package func gather(_ bytes: [UInt8]) throws(ProcessError) -> [[UInt8]] { try meeting.exchange(bytes, from: rank) }

  package func sum(_ values: inout MutableSpan<Float>) throws(ProcessError) {
    var own: [Float] = []
    for index in 0..<values.count { own.append(values[index]) }
    let all = try gather(own)
    for index in 0..<values.count { values[index] = all.dropFirst().reduce(all[0][index]) { $0 + $1[index] } }
  }

  package func broadcast(_ values: inout MutableSpan<Float>) throws(ProcessError) {
    var own: [Float] = []
    for index in 0..<values.count { own.append(values[index]) }
    let first = try gather(isFirst ? own : [])[0]
    for index in 0..<values.count { values[index] = first[index] }
  }

  package func lastWords(_ code: Int32, within seconds: Double) -> [Int32]? { nil }
  package func end() {}
  package func abort(_ code: Int32) {}

  /// Where all come together; a round is over when each has brought something.
  private final class Meeting: @unchecked Sendable {
    // All variables are read and changed only between `condition.lock()` and `condition.unlock()`.
    private let condition = NSCondition()
    private let count: Int
    private var brought: [Int: [UInt8]] = [:]
    private var last: [[UInt8]] = []
    private var round = 0
    private var isLeft = false

    init(_ count: Int) { self.count = count }

    func exchange(_ bytes: [UInt8], from rank: Int) throws(ProcessError) -> [[UInt8]] {
      condition.lock()
      defer { condition.unlock() }
      let own = round
      brought[rank] = bytes
      if brought.count == count {
        last = (0..<count).map { brought[$0] ?? [] }
        (brought, round) = ([:], round + 1)
        condition.broadcast()
      }
      // The next round cannot end before everybody has taken what this one brought.
      while round == own, !isLeft { condition.wait() }
      guard round != own else { throw ProcessError(.unexpected, "another process is gone") }
      return last
    }

    func leave() {
      condition.lock()
      isLeft = true
      condition.broadcast()
      condition.unlock()
    }
  }

  /// What each thread gives.
  private final class Results<Value: Sendable>: @unchecked Sendable {
    // All variables are read and changed only between `condition.lock()` and `condition.unlock()`.
    private let condition = NSCondition()
    private var results: [Result<Value, any Error>?]

    init(_ count: Int) { results = Array(repeating: nil, count: count) }

    func set(_ rank: Int, _ result: Result<Value, any Error>) {
      condition.lock()
      results[rank] = result
      condition.broadcast()
      condition.unlock()
    }

    func all() -> [Result<Value, any Error>] {
      condition.lock()
      defer { condition.unlock() }
      while results.contains(where: { $0 == nil }) { condition.wait() }
      return results.compactMap(\.self)
    }
  }
}
