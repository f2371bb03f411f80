import MAECore

/// The parts of an MPEG-4 video object layer that decide what its packets show (ISO 14496-2, 6.2.3).
struct MPEG4Layer: Hashable {
  var type: Int
  var size: FrameSize
  /// Width of a pixel divided by its height; 0 = unknown.
  var pixelAspect: Double
  /// Ticks of a second, and bits that a number of ticks takes.
  var ticks: Int
  var tickBits: Int
  /// Whether the stream says that no picture comes out of order; nil when it does not say.
  var isInOrder: Bool?
  var isInterlaced: Bool

  /// Reads the layer whose start code ends before `offset`; nil for shapes and profiles that FFmpeg treats as exceptions.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) {
    var reader = unsafe BitReader(bytes, from: offset, leavesOutGuards: false)
    _ = reader.flag()
    type = reader.bits(8)
    if reader.flag() { reader.skip(bits: 7) }
    let aspect = reader.bits(4)
    pixelAspect = Self.aspects.indices.contains(aspect) ? Self.aspects[aspect] : 0
    if aspect == 15 {
      let (width, height) = (reader.bits(8), reader.bits(8))
      pixelAspect = height > 0 ? Double(width) / Double(height) : 0
    }
    if reader.flag() {
      reader.skip(bits: 2)
      isInOrder = reader.flag()
      if reader.flag() { reader.skip(bits: 79) }
    }
    guard !Self.studioTypes.contains(type), reader.bits(2) == 0 else { return nil }
    _ = reader.flag()
    ticks = reader.bits(16)
    guard ticks > 0 else { return nil }
    tickBits = max(1, Int.bitWidth - (ticks - 1).leadingZeroBitCount)
    _ = reader.flag()
    if reader.flag() { reader.skip(bits: tickBits) }
    _ = reader.flag()
    let width = reader.bits(13)
    _ = reader.flag()
    size = FrameSize(width: width, height: reader.bits(13))
    _ = reader.flag()
    isInterlaced = reader.flag()
    if reader.isExhausted { return nil }
  }

  private static let aspects = [0, 1, 12 / 11.0, 10 / 11.0, 16 / 11.0, 40 / 33.0]
  private static let studioTypes: Set = [14, 15]
}

/// The header of an MPEG-4 picture up to whether it is coded at all (6.2.5).
struct MPEG4Picture: Hashable {
  enum Kind: Int { case intra, predicted, bidirectional, sprite }
  var kind: Kind
  var seconds = 0
  var ticks: Int
  var isCoded: Bool

  /// Reads the picture whose start code ends before `offset`; nil when it does not fit its layer.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, of layer: MPEG4Layer) {
    var reader = unsafe BitReader(bytes, from: offset, limit: 32, leavesOutGuards: false)
    kind = Kind(rawValue: reader.bits(2)) ?? .intra
    while !reader.isExhausted, reader.flag() { seconds += 1 }
    guard reader.flag() else { return nil }
    ticks = reader.bits(layer.tickBits)
    guard reader.flag() else { return nil }
    isCoded = reader.flag()
    if reader.isExhausted { return nil }
  }
}
