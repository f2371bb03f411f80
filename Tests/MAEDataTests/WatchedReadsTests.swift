import Foundation
import MAEData
import MAEFoundation
import MAEMedia
import Synchronization
import Testing

@Suite("reads that do not return are left behind")
struct WatchedReadsTests {
  private static let limit = Duration.milliseconds(100)

  /// Reads files by their number; those in `hanging` return after eight seconds.
  private func reads(
    _ count: Int, threads: Int, hanging: Set<Int> = [], limit: Duration? = limit
  ) -> WatchedReads<Result<Int, MediaError>> {
    WatchedReads(
      of: (0..<count).map { "file\($0)" }, threads: threads, limit: limit, givenUp: { .failure($0) },
      read: { index in
        if hanging.contains(index) { Thread.sleep(forTimeInterval: 8) }
        return .success(index * index)
      })
  }

  @Test("values come in the order of the files", arguments: [0, 1, 3, 100], [1, 2, 7])
  func order(count: Int, threads: Int) throws {
    #expect(try reads(count, threads: threads).values().map { try $0.get() } == (0..<count).map { $0 * $0 })
  }

  @Test("others are read, and nobody waits for those that hang", arguments: [1, 3])
  func hanging(threads: Int) throws {
    let start = ContinuousClock.now
    let values = try reads(20, threads: threads, hanging: [0, 7, 19]).values()
    #expect(ContinuousClock.now - start < .seconds(5))
    for (index, value) in values.enumerated() {
      switch value {
      case .success(let square): #expect(square == index * index && ![0, 7, 19].contains(index))
      case .failure(let error):
        #expect(error.description == "file\(index): reading: nothing got on for 0.1 s; the file is given up")
        #expect([0, 7, 19].contains(index))
      }
    }
  }

  @Test("who asks to stop is heard, also where reads keep ahead and nobody waits") func heard() throws {
    let reads = reads(3, threads: 1)
    #expect(try reads.values().count == 3)
    let error = #expect(throws: DataError.self) { try reads.values(isCancelled: { true }) }
    #expect(error?.kind == .interrupted)
  }

  @Test("work that gets on may take long") func slow() throws {
    let value = try WatchedReads(
      of: ["slow"], threads: 1, limit: .milliseconds(300), givenUp: { _ in false },
      read: { _ in
        for _ in 0..<12 {
          Thread.sleep(forTimeInterval: 0.1)
          Progress.current?.advance()
        }
        return true
      }
    ).values()
    #expect(value == [true])
  }

  @Test("the sentence names where the work was") func place() throws {
    let error = try WatchedReads<MediaError?>(
      of: ["folder"], threads: 1, limit: Self.limit, givenUp: { $0 },
      read: { _ in
        Progress.current?.advance(at: "folder/deep")
        Thread.sleep(forTimeInterval: 8)
        return nil
      }
    ).values()[0]
    #expect(error?.path == "folder/deep")
  }

  @Test("storage that never answers ends it with a sentence") func deadStorage() throws {
    let failure = #expect(throws: DataError.self) {
      try reads(40, threads: 1, hanging: Set(0..<40), limit: .milliseconds(20)).values()
    }
    #expect(failure?.kind == .inputOutput)
    #expect(failure?.reason.contains("9 reads did not return within 0.02 s each, the last one of file8") == true)
  }

  @Test("waiting is ended from outside") func cancelled() throws {
    let start = ContinuousClock.now
    let failure = #expect(throws: DataError.self) {
      try reads(3, threads: 1, hanging: [1], limit: nil).values { ContinuousClock.now - start > .milliseconds(300) }
    }
    #expect(failure?.kind == .interrupted)
    #expect(ContinuousClock.now - start < .seconds(3))
  }
}
