/// The header of the first slice of an HEVC picture, up to its number in the order of showing (7.3.6.1).
struct HEVCPicture: Hashable {
  var sequence: HEVCSequence
  var type: UInt8
  var temporalLayer: Int
  var isOutput = true
  var countBits = 0
  /// Pictures that wait are to be thrown away.
  var dropsPrior = false
  /// An end of sequence stands before it.
  var followsEnd = false

  /// IDR and BLA pictures start a sequence; CRA pictures are random access points as well.
  var startsSequence: Bool { (16...20).contains(type) }
  var isRefresh: Bool { type == 19 || type == 20 }
  var isClean: Bool { type == 21 }
  /// Predicted from what comes before the random access point that it follows: RASL.
  var isSkippedLeading: Bool { type == 8 || type == 9 }

  /// Reads a slice's header; nil when it is not a picture's first, names unknown sets, or makes no sense.
  init?(
    _ unit: UnsafeBufferPointer<UInt8>, at offset: Int, type: UInt8, temporalLayer: Int, sequences: [Int: HEVCSequence],
    pictures: [Int: HEVCPictureSet]
  ) {
    var reader = unsafe BitReader(unit, from: offset, limit: 32)
    guard reader.flag() else { return nil }
    self.type = type
    self.temporalLayer = temporalLayer
    if (16...23).contains(type) { dropsPrior = reader.flag() }
    guard let set = pictures[reader.number()], let sequence = sequences[set.sequence] else { return nil }
    self.sequence = sequence
    reader.skip(bits: set.extraBits)
    _ = reader.number()
    if set.statesOutput { isOutput = reader.flag() }
    if sequence.hasSeparatePlanes { reader.skip(bits: 2) }
    if !isRefresh { countBits = reader.bits(sequence.countBits) }
    if reader.isExhausted { return nil }
  }
}

/// The order in which FFmpeg's HEVC decoder gives out frames (libavcodec/hevc_refs.c, ff_hevc_output_frame, and hevcdec.c): by
/// picture order count within a sequence of pictures, one sequence after the other.
struct HEVCOrder: OutputOrder {
  private struct Frame {
    var place: Int32
    var sequence: Int
    var count: Int
  }

  private var waiting: [Frame] = []
  private var active: HEVCSequence?
  private var sequence = 0
  private var shownSequence = 0
  private var baseCount = 0
  /// Count of the random access point whose leading pictures cannot be decoded; nil before one has come.
  private var accessCount: Int?

  mutating func add(_ picture: CodedPicture, at place: Int32) -> Int32? {
    guard case .hevc(let picture) = picture else { return place }
    if picture.followsEnd { startSequence() }
    if picture.startsSequence { startSequence() }
    if active != picture.sequence {
      startSequence()
      active = picture.sequence
    }
    let count = count(of: picture)
    let isUsedAsBase =
      picture.temporalLayer == 0 && !(picture.type < 15 && picture.type % 2 == 0) && !(6...9).contains(picture.type)
    if isUsedAsBase { baseCount = count }
    if accessCount == nil {
      if picture.isClean || picture.startsSequence && !picture.isRefresh { accessCount = count }
      if picture.isRefresh { accessCount = .min }
    }
    if picture.isSkippedLeading {
      if count <= accessCount ?? .max { return nil }
      if picture.type == 9 { accessCount = .min }
    }
    let starts = picture.startsSequence || picture.isClean && picture.followsEnd
    if starts, picture.dropsPrior || picture.isClean { waiting.removeAll { $0.sequence == shownSequence && $0.count != count } }
    if picture.isOutput { waiting.append(Frame(place: place, sequence: sequence, count: count)) }
    return show(upTo: picture.sequence.reorderDepth)
  }

  mutating func drain() -> [Int32] {
    var rest: [Int32] = []
    while let place = show(upTo: -1) { rest.append(place) }
    return rest
  }

  private mutating func startSequence() {
    sequence += 1
    accessCount = nil
  }

  private func count(of picture: HEVCPicture) -> Int {
    if picture.isRefresh { return 0 }
    let range = 1 << picture.sequence.countBits
    let (low, before) = (picture.countBits, baseCount % range)
    var high = baseCount - before
    if low < before, before - low >= range / 2 { high += range }
    if low > before, low - before > range / 2 { high -= range }
    return (picture.startsSequence ? 0 : high) + low
  }

  private mutating func show(upTo depth: Int) -> Int32? {
    while true {
      let candidates = waiting.indices.filter { waiting[$0].sequence == shownSequence }
      if shownSequence == sequence, candidates.count <= depth { return nil }
      if let first = candidates.min(by: { waiting[$0].count < waiting[$1].count }) { return waiting.remove(at: first).place }
      if shownSequence == sequence { return nil }
      shownSequence += 1
    }
  }
}
