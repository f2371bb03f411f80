/// The parts of an HEVC sequence parameter set that decide the order of showing (ITU-T H.265, 7.3.2.2).
struct HEVCSequence: Hashable {
  var number = 0
  var hasSeparatePlanes = false
  var countBits = 0
  /// How many frames may come before one that is shown earlier.
  var reorderDepth = 0
  /// The set as it stands in the stream: another one starts a new sequence of pictures.
  let bytes: [UInt8]

  /// Reads the set in a unit whose header ends before `offset`; nil when it makes no sense.
  init?(_ unit: UnsafeBufferPointer<UInt8>, at offset: Int) {
    bytes = unsafe Array(unit[offset...])
    var reader = unsafe BitReader(unit, from: offset, limit: 512)
    reader.skip(bits: 4)
    let subLayers = reader.bits(3)
    _ = reader.flag()
    Self.skipProfiles(&reader, subLayers)
    number = reader.number()
    if reader.number() == 3 { hasSeparatePlanes = reader.flag() }
    for _ in 0..<2 { _ = reader.number() }
    if reader.flag() { for _ in 0..<4 { _ = reader.number() } }
    for _ in 0..<2 { _ = reader.number() }
    countBits = reader.number() + 4
    let isStatedForEach = reader.flag()
    for _ in (isStatedForEach ? 0 : subLayers)...subLayers {
      _ = reader.number()
      reorderDepth = reader.number()
      _ = reader.number()
    }
    if reader.isExhausted || countBits > 16 || number > 15 || reorderDepth > 16 { return nil }
  }

  /// profile_tier_level (7.3.3).
  private static func skipProfiles(_ reader: inout BitReader, _ subLayers: Int) {
    reader.skip(bits: 88 + 8)
    guard subLayers > 0 else { return }
    let present = (0..<8).map { layer in layer < subLayers ? (reader.flag(), reader.flag()) : (reader.bits(2) < 0, false) }
    for (hasProfile, hasLevel) in present { reader.skip(bits: (hasProfile ? 88 : 0) + (hasLevel ? 8 : 0)) }
  }
}

/// The parts of an HEVC picture parameter set that its slices' headers are read by (7.3.2.3).
struct HEVCPictureSet: Hashable {
  var number: Int
  var sequence: Int
  var statesOutput: Bool
  var extraBits: Int

  init?(_ unit: UnsafeBufferPointer<UInt8>, at offset: Int) {
    var reader = unsafe BitReader(unit, from: offset, limit: 32)
    number = reader.number()
    sequence = reader.number()
    _ = reader.flag()
    statesOutput = reader.flag()
    extraBits = reader.bits(3)
    if reader.isExhausted || number > 63 || sequence > 15 { return nil }
  }
}
