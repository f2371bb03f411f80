import Foundation
import MAEEngine
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
  @Test("every part is called once", arguments: [1, 2, 5]) func everyPartIsCalledOnce(threads: Int) {
    let calls = Mutex([Int](repeating: 0, count: 37))
    let pool = WorkerPool(threads: threads)
    for _ in 0..<20 { pool.forEachPart(37) { part in calls.withLock { $0[part] += 1 } } }
    #expect(calls.withLock { $0.allSatisfy { $0 == 20 } })
  }

  @Test("threads end with their pool") func threadsEndWithTheirPool() throws {
    let starts = Mutex(0)
    let ends = Mutex(0)
    var pool: WorkerPool? = WorkerPool(threads: 4)
    // A value of each thread's own that goes when the thread does. Parts wait for each other, so each thread takes one.
    pool?.forEachPart(4) { _ in
      Thread.current.threadDictionary["witness"] = Witness { ends.withLock { $0 += 1 } }
      starts.withLock { $0 += 1 }
      while starts.withLock({ $0 }) < 4 { Thread.sleep(forTimeInterval: 0.001) }
    }
    Thread.current.threadDictionary.removeObject(forKey: "witness")
    let before = ends.withLock { $0 }
    pool = nil
    for _ in 0..<500 where ends.withLock({ $0 }) < before + 3 { Thread.sleep(forTimeInterval: 0.01) }
    #expect(ends.withLock { $0 } == before + 3)
  }

  private final class Witness {
    private let end: () -> Void
    init(_ end: @escaping () -> Void) { self.end = end }
    deinit { end() }
  }
}
