import MAEModels
import Testing

@Suite struct CheckpointKeepingTests {
  /// What stays when checkpoints are written one after the other.
  private func kept(_ keeping: CheckpointKeeping, of steps: [Int]) -> [Int] {
    steps.reduce(into: []) { $0 = keeping.kept(of: $0 + [$1]) }
  }

  @Test("text and value belong together") func text() {
    for keeping in [CheckpointKeeping.newest(4), .spread(6)] { #expect(CheckpointKeeping(keeping.description) == keeping) }
    for text in ["", "spread", "spread:", "spread:x", "newest:4", "1.5"] { #expect(CheckpointKeeping(text) == nil, "\(text)") }
    #expect([CheckpointKeeping.newest(1), .spread(3)].map(\.isPossible) == [true, true])
    #expect([CheckpointKeeping.newest(0), .newest(-2), .spread(2), .spread(0)].map(\.isPossible).allSatisfy { !$0 })
  }

  @Test("the newest stay") func newest() {
    #expect(kept(.newest(2), of: [0, 3, 7, 9]) == [7, 9])
    #expect(kept(.newest(9), of: [0, 3]) == [0, 3])
  }

  @Test("a spread keeps the first, the two newest, and no more than asked", arguments: [3, 4, 6, 10], [2, 5, 11, 57, 200])
  func spread(count: Int, length: Int) {
    let steps = (0..<length).map { $0 * 50 }
    let found = kept(.spread(count), of: steps)
    #expect(found.count == min(count, length))
    #expect(found.first == 0 && found.suffix(2) == steps.suffix(2))
    #expect(found == found.sorted() && Set(found).count == found.count)
  }

  @Test("gaps of a spread differ by a factor of three at most, whenever one looks", arguments: [5, 6, 8, 12])
  func even(count: Int) {
    var steps: [Int] = []
    for step in 0...300 {
      steps = CheckpointKeeping.spread(count).kept(of: steps + [step])
      guard step > 3 * count else { continue }
      // The two newest are there for safety, wherever they are.
      let spread = steps.dropLast(2)
      let gaps = zip(spread, spread.dropFirst()).map { $1 - $0 }
      #expect(gaps.max()! <= 3 * gaps.min()!, "\(steps)")
    }
  }

  @Test("the example of the documentation") func example() {
    #expect(kept(.spread(6), of: Array(0...10)) == [0, 2, 4, 6, 9, 10])
  }

  @Test("what nobody asked for takes a share of the disk, and two always stay")
  func room() {
    #expect(CheckpointKeeping.usual(size: 100, room: 1_000_000) == .spread(6))
    #expect(CheckpointKeeping.usual(size: 100, room: 4_500) == .spread(4))
    #expect(CheckpointKeeping.usual(size: 100, room: 2_999) == .newest(2))
    #expect(CheckpointKeeping.usual(size: 100, room: 0) == .newest(2))
  }
}
