import MAEFoundation
import Synchronization
import Testing

@Suite struct ParallelMapTests {
  private struct Trouble: Error, Equatable { var element: Int }

  @Test("results stand in the order of the elements", arguments: [0, 1, 3, 129], [0, 1, 2, 17])
  func resultsStandInTheOrderOfTheElements(count: Int, threads: Int) {
    let calls = Atomic(0)
    let results = parallelMap(Array(0..<count), threads: threads) { element in
      calls.add(1, ordering: .relaxed)
      return element * element
    }
    #expect(results == (0..<count).map { $0 * $0 })
    #expect(calls.load(ordering: .relaxed) == count)
  }

  @Test("absent results count") func absentResultsCount() {
    #expect(parallelMap([1, 2, 3], threads: 2) { $0 == 2 ? nil : $0 } == [1, nil, 3])
  }

  @Test("an error ends the work") func anErrorEndsTheWork() {
    let calls = Atomic(0)
    let error = #expect(throws: Trouble.self) {
      try parallelMap(Array(0..<1000), threads: 1) { (element) throws(Trouble) in
        calls.add(1, ordering: .relaxed)
        if element == 4 { throw Trouble(element: element) }
      }
    }
    #expect(error == Trouble(element: 4))
    #expect(calls.load(ordering: .relaxed) == 5)
  }
}
