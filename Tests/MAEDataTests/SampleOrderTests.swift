import MAECore
import MAEData
import Testing

@Suite struct SampleOrderTests {
  private func files(_ order: SampleOrder, batches: Range<Int>) -> [[Int32]] {
    batches.map { batch in
      (0..<order.batchSize).map { slot in
        let place = order.place(of: batch * order.batchSize + slot)
        return order.files(inEpoch: place.epoch)[place.draw]
      }
    }
  }

  @Test("an epoch draws every file at most once and drops less than a batch", arguments: [(7, 3), (8, 4), (100, 7), (5, 5)])
  func dropsRemainder(count: Int, batch: Int) {
    let order = SampleOrder(fileCount: count, batchSize: batch, seed: 1)
    #expect(order.batchesPerEpoch == count / batch)
    for epoch in 0..<4 {
      let first = epoch * order.batchesPerEpoch
      let drawn = files(order, batches: first..<(first + order.batchesPerEpoch)).flatMap { $0 }
      #expect(Set(drawn).count == drawn.count)
      #expect(drawn.count == count / batch * batch)
    }
  }

  @Test("a folder smaller than a batch fills it, epoch after epoch", arguments: [(1, 4), (2, 3), (3, 8)])
  func wraps(count: Int, batch: Int) {
    let order = SampleOrder(fileCount: count, batchSize: batch, seed: 1)
    #expect(order.batchesPerEpoch == 1)
    let drawn = files(order, batches: 0..<(count * 3)).flatMap { $0 }
    for epoch in 0..<(drawn.count / count) {
      #expect(Set(drawn[epoch * count..<(epoch + 1) * count]).count == count)
    }
  }

  @Test("repeated augmentation draws from a file several times in a row") func repeats() {
    let order = SampleOrder(fileCount: 5, repeats: 4, batchSize: 10, seed: 2)
    #expect(order.samplesPerEpoch == 20 && order.batchesPerEpoch == 2)
    let drawn = files(order, batches: 0..<2).flatMap { $0 }
    for draw in 0..<5 { #expect(Set(drawn[draw * 4..<(draw + 1) * 4]).count == 1) }
    #expect(Set(drawn).count == 5)
  }

  @Test("epochs and seeds have orders of their own, and each can be asked for alone") func independence() {
    let order = SampleOrder(fileCount: 50, batchSize: 5, seed: 3)
    #expect(order.files(inEpoch: 7) == order.files(inEpoch: 7))
    #expect(order.files(inEpoch: 7) != order.files(inEpoch: 8))
    #expect(order.files(inEpoch: 7) != SampleOrder(fileCount: 50, batchSize: 5, seed: 4).files(inEpoch: 7))
    var first = order.stream(for: order.place(of: 12), attempt: 0)
    var again = order.stream(for: order.place(of: 12), attempt: 0)
    var other = order.stream(for: order.place(of: 13), attempt: 0)
    #expect(first.next() == again.next())
    #expect(first.next() != other.next())
  }

  @Test("the draws of a sample do not depend on the batch size") func batchSize() {
    let small = SampleOrder(fileCount: 24, batchSize: 4, seed: 9)
    let large = SampleOrder(fileCount: 24, batchSize: 8, seed: 9)
    for position in 0..<96 { #expect(small.place(of: position) == large.place(of: position)) }
  }

  @Test("files as listed come all, the last batch running into the next round") func listed() {
    let order = SampleOrder(fileCount: 5, batchSize: 3, seed: 0, isShuffled: false)
    #expect(order.batchesPerEpoch == 2)
    #expect(files(order, batches: 0..<2) == [[0, 1, 2], [3, 4, 0]])
  }
}
