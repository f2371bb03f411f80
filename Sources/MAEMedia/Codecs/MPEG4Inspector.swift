/// Reads MPEG-4 packets as FFmpeg's decoder does (libavcodec/h263dec.c and mpeg4videodec.c).
///
/// Encoders for AVI pack a picture together with the bidirectional one that follows it, and make up for it with an empty packet
/// later. The decoder gives one picture a packet: what is left of a packet waits, and is decoded in place of the next one.
struct MPEG4Inspector {
  private(set) var layer: MPEG4Layer?
  /// The stream says that pictures are packed: user data such as `DivX503b1393p`.
  private var isPacked = false
  private var isDivX = false
  /// What is left of the packet before.
  private var waiting: MPEG4Picture?
  private var references = 0
  private var clock = Clock()
  /// Whether the decoder shows pictures as they come.
  private var isInOrder = false
  private var isFirst = true

  init(_ extra: UnsafeBufferPointer<UInt8>) { unsafe readHeaders(extra) }

  private mutating func readHeaders(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe UnitSplitter.forEachStartCode(in: bytes) { start in unsafe readHeader(bytes, start) }
  }

  /// Reads what stands behind a start code; false at a picture.
  private mutating func readHeader(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
    switch unsafe bytes[start] {
    case 0x20...0x2f:
      guard let found = unsafe MPEG4Layer(bytes, at: start + 1) else { return true }
      layer = found
      if let stated = found.isInOrder { isInOrder = stated } else if isFirst { isInOrder = found.type == 1 || found.type == 17 }
    case 0xb2:
      if let states = unsafe Self.statesPacking(bytes[(start + 1)...].prefix(64)) {
        isDivX = true
        isPacked = states
      }
    case 0xb3:
      // A time of day; FFmpeg leaves out one of 23 zero bits.
      var reader = unsafe BitReader(bytes, from: start + 1, limit: 4, leavesOutGuards: false)
      let (hours, minutes, marker, seconds, rest) = (
        reader.bits(5), reader.bits(6), reader.bits(1), reader.bits(6), reader.bits(5)
      )
      if hours | minutes | marker | seconds | rest != 0 { clock.seconds = seconds + 60 * (minutes + 60 * hours) }
    case 0xb6: return false
    default: break
    }
    return true
  }

  /// Whether user data, such as `DivX503b1393p` or `DivX412Build1393`, says that pictures are packed; nil when it is not DivX's.
  ///
  /// It stands before each key frame: read byte by byte, since a regular expression took longer than the rest of opening a file.
  private static func statesPacking(_ data: Slice<UnsafeBufferPointer<UInt8>>) -> Bool? {
    var text = unsafe data
    func take(_ word: StaticString) -> Bool {
      let isNext = unsafe text.starts(with: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
      if isNext { unsafe text = text.dropFirst(word.utf8CodeUnitCount) }
      return isNext
    }
    func takeNumber() -> Bool {
      let rest = unsafe text.drop { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      defer { unsafe text = rest }
      return unsafe rest.count < text.count
    }
    guard take("DivX"), takeNumber(), take("Build") || take("b"), takeNumber() else { return nil }
    return unsafe text.first == UInt8(ascii: "p")
  }

  mutating func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> PacketFinding {
    var finding = PacketFinding()
    finding.picture = nil
    var own: [(start: Int, picture: MPEG4Picture?)] = []
    var isStart = true
    unsafe UnitSplitter.forEachStartCode(in: bytes) { start in
      // A sequence that starts here throws away what waits.
      if isStart, isPacked, unsafe bytes[start] == 0xb0 { waiting = nil }
      isStart = false
      if unsafe readHeader(bytes, start) { return true }
      own.append((start, layer.flatMap { unsafe MPEG4Picture(bytes, at: start + 1, of: $0) }))
      return own.count < 2
    }
    let late = waiting
    waiting = nil
    finding.isEntry = false
    if late == nil, own.isEmpty { return finding }
    guard let picture = late ?? own.first?.picture else {
      if layer == nil { finding.problem = .unknownCodec } else { finding.isDoubtful = true }
      return finding
    }
    if isFirst, let layer, layer.type == 0, layer.isInOrder == nil, !isDivX { isInOrder = true }
    isFirst = false
    // The decoder changes its mind about the order here.
    if picture.kind == .bidirectional, layer?.isInOrder == nil { isInOrder = false }
    finding.isEntry = picture.kind == .intra && late == nil
    finding.isReferenced = picture.kind != .bidirectional
    let isInTime = clock.shows(picture, layer)
    guard picture.isCoded, isInTime, picture.kind != .bidirectional || references > 1 else { return finding }
    if picture.kind != .bidirectional { references += 1 }
    finding.picture = picture.kind == .bidirectional ? .bidirectional : isInOrder ? .plain : .anchor
    let rest = late == nil ? own.dropFirst() : own[...]
    if let next = rest.first?.picture {
      let isLong = late != nil ? bytes.count > 7 : bytes.count - (rest.first?.start ?? 0) > 4
      if !isPacked {
        if late == nil, next.isCoded { finding.problem = .severalFramesInPacket }
      } else if isLong, next.kind == .intra || next.kind == .bidirectional {
        waiting = next
        finding.holdsNext = true
        // What waits behind another picture of the packet is kept only if that one is decoded.
        if late == nil || own.count > 1 { finding.isReferenced = true }
      }
    }
    return finding
  }

  /// Where the decoder stands in time: it leaves out bidirectional pictures that do not lie between their anchors.
  private struct Clock {
    var seconds = 0
    private var lastSeconds = 0
    private var lastAnchor = 0
    private var distance = 0
    private var tick = 0

    mutating func shows(_ picture: MPEG4Picture, _ layer: MPEG4Layer?) -> Bool {
      guard let layer else { return true }
      guard picture.kind == .bidirectional else {
        lastSeconds = seconds
        seconds += picture.seconds
        let time = seconds * layer.ticks + picture.ticks
        distance = time - lastAnchor
        lastAnchor = time
        return true
      }
      let time = (lastSeconds + picture.seconds) * layer.ticks + picture.ticks
      let before = distance - (lastAnchor - time)
      guard distance > before, before > 0, distance > 0 else { return false }
      if tick == 0 { tick = max(1, before) }
      func rounded(_ value: Int) -> Int { (value >= 0 ? value + tick / 2 : value - tick / 2) / tick }
      let field = (rounded(lastAnchor) - rounded(lastAnchor - distance)) * 2
      let fieldBefore = (rounded(time) - rounded(lastAnchor - distance)) * 2
      return !layer.isInterlaced || field > fieldBefore && fieldBefore > 1
    }
  }
}
