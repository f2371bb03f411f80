import MAECore

/// Which tokens of each sample enter the encoder, and whether the others appear as mask tokens.
public struct EncoderTokens: Sendable {
  /// Per sample, ascending; as many in each.
  public var visible: [[Int32]]
  /// With mask tokens the sequence is the whole grid in raster order.
  public var fillsWithMaskTokens: Bool

  /// Some tokens of each sample, as many of each.
  public init(visible: [[Int32]], fillsWithMaskTokens: Bool = false) {
    self.visible = visible
    self.fillsWithMaskTokens = fillsWithMaskTokens
  }

  /// Every token of every sample.
  public init(allOf grid: TokenGrid, samples: Int) {
    self.init(visible: Array(repeating: Array(0..<Int32(grid.count)), count: samples))
  }
}
