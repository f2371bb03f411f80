/// The parts of an H.264 sequence parameter set that decide how packets become frames (ITU-T H.264, 7.3.2.1.1).
struct H264Sequence: Hashable {
  var framesOnly = true
  var hasSeparatePlanes = false
  var frameNumberBits = 4

  /// Reads the set that starts at `offset`, behind its unit header; nil when it makes no sense.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) {
    var reader = unsafe BitReader(bytes, from: offset)
    let profile = reader.bits(8)
    _ = reader.bits(16)
    _ = reader.number()
    if Self.profilesWithChroma.contains(profile) {
      let chroma = reader.number()
      if chroma == 3 { hasSeparatePlanes = reader.flag() }
      _ = reader.number()
      _ = reader.number()
      _ = reader.flag()
      if reader.flag() {
        for list in 0..<(chroma == 3 ? 12 : 8) where reader.flag() { Self.skipScalingList(&reader, list < 6 ? 16 : 64) }
      }
    }
    frameNumberBits = reader.number() + 4
    switch reader.number() {
    case 0: _ = reader.number()
    case 1:
      _ = reader.flag()
      _ = reader.signedNumber()
      _ = reader.signedNumber()
      let cycle = reader.number()
      guard cycle < 256 else { return nil }
      for _ in 0..<cycle { _ = reader.signedNumber() }
    default: break
    }
    _ = reader.number()
    _ = reader.flag()
    _ = reader.number()
    _ = reader.number()
    framesOnly = reader.flag()
    if reader.isExhausted || frameNumberBits > 16 { return nil }
  }

  /// Whether the slice whose header starts at `offset` belongs to a field that is a picture of its own.
  func isField(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
    if framesOnly { return false }
    var reader = unsafe BitReader(bytes, from: offset, limit: 32)
    _ = reader.number()
    _ = reader.number()
    _ = reader.number()
    if hasSeparatePlanes { _ = reader.bits(2) }
    _ = reader.bits(frameNumberBits)
    return reader.flag()
  }

  private static let profilesWithChroma: Set = [44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]

  private static func skipScalingList(_ reader: inout BitReader, _ count: Int) {
    var last = 8
    for _ in 0..<count {
      last = (last + reader.signedNumber() + 256) % 256
      if last == 0 { return }
    }
  }
}

/// How many frames after a recovery point are not yet right; nil when a unit of supplemental information holds none (D.1.8).
func framesUntilRecovery(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, end: Int) -> Int? {
  var reader = unsafe BitReader(UnsafeBufferPointer(rebasing: bytes[..<end]), from: offset, limit: 1024)
  while !reader.isExhausted {
    var (type, size) = (0, 0)
    var byte = reader.bits(8)
    while byte == 255 { (type, byte) = (type + 255, reader.bits(8)) }
    type += byte
    byte = reader.bits(8)
    while byte == 255 { (size, byte) = (size + 255, reader.bits(8)) }
    size += byte
    if type == 6 { return reader.isExhausted ? nil : reader.number() }
    for _ in 0..<size where !reader.isExhausted { _ = reader.bits(8) }
  }
  return nil
}
