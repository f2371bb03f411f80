/// The parts of an H.264 sequence parameter set that decide how packets become frames (ITU-T H.264, 7.3.2.1.1).
struct H264Sequence: Hashable {
  var number = 0
  var framesOnly = true
  var hasSeparatePlanes = false
  var isGrey = false
  var frameNumberBits = 4
  var referenceFrames = 0
  var allowsGaps = false
  var count = PictureCount.followsDecoding
  /// Whether columns at the left or rows at the top are to be cut off, which decoders do only as far as memory alignment allows.
  var cropsStart = false
  /// How many frames may come before one that is shown earlier; nil when the stream does not say.
  var reorderDepth: Int?

  /// How pictures are numbered in the order of showing (8.2.1).
  enum PictureCount: Hashable {
    case stated(bits: Int)
    case cycle(isAlwaysExpected: Bool, unreferenced: Int, bottom: Int, offsets: [Int])
    case followsDecoding
  }

  /// Reads the set that starts at `offset`, behind its unit header; nil when it makes no sense.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) {
    var reader = unsafe BitReader(bytes, from: offset)
    let profile = reader.bits(8)
    reader.skip(bits: 16)
    number = reader.number()
    if Self.profilesWithChroma.contains(profile) {
      let chroma = reader.number()
      isGrey = chroma == 0
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
    case 0: count = .stated(bits: reader.number() + 4)
    case 1:
      let isAlwaysExpected = reader.flag()
      let (unreferenced, bottom, length) = (reader.signedNumber(), reader.signedNumber(), reader.number())
      guard length < 256 else { return nil }
      count = .cycle(
        isAlwaysExpected: isAlwaysExpected, unreferenced: unreferenced, bottom: bottom,
        offsets: (0..<length).map { _ in reader.signedNumber() })
    default: break
    }
    referenceFrames = reader.number()
    allowsGaps = reader.flag()
    _ = reader.number()
    _ = reader.number()
    framesOnly = reader.flag()
    if reader.isExhausted || frameNumberBits > 16 || number > 31 { return nil }
    if case .stated(let bits) = count, bits > 16 { return nil }
    if !framesOnly { _ = reader.flag() }
    _ = reader.flag()
    if reader.flag() {
      // Left, right, top, bottom.
      let margins = (0..<4).map { _ in reader.number() }
      cropsStart = margins[0] > 0 || margins[2] > 0
    }
    if reader.flag() { reorderDepth = Self.announcedReordering(&reader) }
  }

  /// Reads usability information up to max_num_reorder_frames (annex E.1.1).
  private static func announcedReordering(_ reader: inout BitReader) -> Int? {
    if reader.flag(), reader.bits(8) == 255 { reader.skip(bits: 32) }
    if reader.flag() { _ = reader.flag() }
    if reader.flag() {
      reader.skip(bits: 4)
      if reader.flag() { reader.skip(bits: 24) }
    }
    if reader.flag() { for _ in 0..<2 { _ = reader.number() } }
    if reader.flag() { reader.skip(bits: 65) }
    var hasBuffering = false
    for _ in 0..<2 where reader.flag() {
      hasBuffering = true
      let count = reader.number() + 1
      guard count <= 32 else { return nil }
      reader.skip(bits: 8)
      for _ in 0..<count {
        _ = reader.number()
        _ = reader.number()
        _ = reader.flag()
      }
      reader.skip(bits: 20)
    }
    if hasBuffering { _ = reader.flag() }
    _ = reader.flag()
    guard reader.flag() else { return nil }
    _ = reader.flag()
    for _ in 0..<4 { _ = reader.number() }
    let depth = reader.number()
    return reader.isExhausted || depth > 16 ? nil : depth
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

/// The parts of an H.264 picture parameter set that its slices' headers are read by (7.3.2.2).
struct H264PictureSet: Hashable {
  var number: Int
  var sequence: Int
  var statesBottom: Bool
  var referenceCounts: [Int]
  var isWeighted: Bool
  var isWeightedBothWays: Bool
  var hasRedundancy: Bool

  /// nil when it makes no sense, or has groups of slices, which nothing but conformance streams has.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) {
    var reader = unsafe BitReader(bytes, from: offset)
    number = reader.number()
    sequence = reader.number()
    _ = reader.flag()
    statesBottom = reader.flag()
    guard reader.number() == 0 else { return nil }
    referenceCounts = [reader.number() + 1, reader.number() + 1]
    isWeighted = reader.flag()
    isWeightedBothWays = reader.bits(2) == 1
    for _ in 0..<3 { _ = reader.signedNumber() }
    reader.skip(bits: 2)
    hasRedundancy = reader.flag()
    if reader.isExhausted || number > 255 || sequence > 31 { return nil }
  }
}

/// What supplemental enhancement information says about how a picture is to be treated (annex D; H.265 has the same numbers).
struct SupplementalInformation {
  /// Frames after a recovery point that are not yet right; nil when there is no recovery point.
  var framesUntilRecovery: Int?
  /// Whether the picture is to be turned or mirrored for display.
  var turnsDisplay = false

  init() {}

  /// Reads the messages of a unit whose header ends before `offset`.
  init(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, end: Int) {
    var reader = unsafe BitReader(UnsafeBufferPointer(rebasing: bytes[..<end]), from: offset, limit: 1024)
    while !reader.isExhausted {
      let type = Self.number(&reader)
      let size = Self.number(&reader)
      if reader.isExhausted { return }
      if type == 6 {
        framesUntilRecovery = reader.number()
        return
      }
      if type == 47 { turnsDisplay = true }
      reader.skip(bytes: size)
    }
  }

  private static func number(_ reader: inout BitReader) -> Int {
    var value = 0
    var byte = reader.bits(8)
    while byte == 255 {
      value += byte
      byte = reader.bits(8)
    }
    return value + byte
  }
}
