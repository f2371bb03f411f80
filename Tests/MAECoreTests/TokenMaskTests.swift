import MAECore
import Testing

@Suite struct TokenMaskTests {
  @Test("flags, lists and bytes say the same")
  func flags() {
    let mask = TokenMask(grid: TokenGrid(height: 2, width: 3), isHidden: [true, false, true, true, false, true])
    #expect(mask.visible == [1, 4] && mask.hidden == [0, 2, 3, 5])
    #expect(mask.bytes == [1, 0, 1, 1, 0, 1] && mask.droppedCount == 0)
  }

  @Test("asking for a part drops the rest and does not score what was seen")
  func decoderMasking() {
    let mask = TokenMask(grid: TokenGrid(height: 2, width: 3), visible: [1, 4], hidden: [0, 2, 3, 5])
      .predicting([0, 1, 5])
    #expect(mask.hidden == [0, 1, 5] && mask.unscored == [1])
    #expect(mask.droppedCount == 2)
  }
}
