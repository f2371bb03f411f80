/// The header of the first slice of an H.264 picture, up to what decides the order of showing (7.3.3).
struct H264Picture: Hashable {
  var sequence: H264Sequence
  var isRefresh: Bool
  var isReferenced: Bool
  var isBidirectional: Bool
  /// A field that is a picture of its own.
  var isField = false
  var frameNumber: Int
  var countBits = 0
  var bottomDelta = 0
  var delta = 0
  /// Numbering starts anew after this picture (memory_management_control_operation 5).
  var restartsCount = false

  /// Reads the header behind the unit's `header` byte; nil when it names unknown sets or makes no sense.
  init?(
    _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, header: UInt8, sequences: [Int: H264Sequence],
    pictures: [Int: H264PictureSet]
  ) {
    var reader = unsafe BitReader(bytes, from: offset)
    _ = reader.number()
    let type = reader.number() % 5
    guard let set = pictures[reader.number()], let sequence = sequences[set.sequence] else { return nil }
    self.sequence = sequence
    isRefresh = header & 31 == 5
    isReferenced = header & 0x60 != 0
    isBidirectional = type == 1
    if sequence.hasSeparatePlanes { reader.skip(bits: 2) }
    frameNumber = reader.bits(sequence.frameNumberBits)
    if !sequence.framesOnly {
      isField = reader.flag()
      if isField { _ = reader.flag() }
    }
    if isRefresh { _ = reader.number() }
    switch sequence.count {
    case .stated(let bits):
      countBits = reader.bits(bits)
      if set.statesBottom, !isField { bottomDelta = reader.signedNumber() }
    case .cycle(isAlwaysExpected: false, _, _, _):
      delta = reader.signedNumber()
      if set.statesBottom, !isField { bottomDelta = reader.signedNumber() }
    default: break
    }
    if set.hasRedundancy { _ = reader.number() }
    if reader.isExhausted { return nil }
    if isReferenced, !isRefresh { restartsCount = Self.restartsCount(&reader, type, set, sequence) }
  }

  private static func restartsCount(
    _ reader: inout BitReader, _ type: Int, _ set: H264PictureSet, _ sequence: H264Sequence
  ) -> Bool {
    if type == 1 { _ = reader.flag() }
    var counts = set.referenceCounts
    let isPredicted = type == 0 || type == 3
    let lists = type == 1 ? 2 : isPredicted ? 1 : 0
    if lists > 0, reader.flag() { for list in 0..<lists { counts[list] = reader.number() + 1 } }
    for _ in 0..<lists where reader.flag() {
      while !reader.isExhausted, reader.number() < 3 { _ = reader.number() }
    }
    if isPredicted && set.isWeighted || type == 1 && set.isWeightedBothWays {
      let hasChroma = !sequence.isGrey && !sequence.hasSeparatePlanes
      for _ in 0..<(hasChroma ? 2 : 1) { _ = reader.number() }
      for list in 0..<lists {
        for _ in 0..<min(32, counts[list]) {
          if reader.flag() { for _ in 0..<2 { _ = reader.signedNumber() } }
          if hasChroma, reader.flag() { for _ in 0..<4 { _ = reader.signedNumber() } }
        }
      }
    }
    guard reader.flag() else { return false }
    while !reader.isExhausted {
      switch reader.number() {
      case 0: return false
      case 1, 2, 4, 6: _ = reader.number()
      case 3: for _ in 0..<2 { _ = reader.number() }
      case 5: return true
      default: return false
      }
    }
    return false
  }
}

/// The order in which FFmpeg's H.264 decoder gives out frames (libavcodec/h264_slice.c, h264_select_output_frame, and
/// h264_parse.c, ff_h264_init_poc): by picture order count as far as its delay reaches, whatever the container's times say. A
/// frame that should have come earlier is never given out.
struct H264Order: OutputOrder {
  /// Frames that the decoder holds back; grows with what the stream announces or does.
  private(set) var delay: Int

  private struct Frame {
    var place: Int32
    var count: Int
    var isRefresh: Bool
    var restarts: Bool
  }

  private var waiting: [Frame] = []
  private var recentCounts = Self.noCounts
  private var lastShown = Int.min
  private var restarts = false
  private var previousFrame = -1
  private var frameOffset = 0
  private var previousHigh = 1 << 16
  private var previousLow = 0

  private static let noCounts = [Int](repeating: .min, count: 16)

  init(delay: Int) { self.delay = delay }

  mutating func add(_ picture: CodedPicture, at place: Int32) -> Int32? {
    guard case .h264(let picture) = picture else { return place }
    let announced = picture.sequence.reorderDepth
    delay = max(delay, announced ?? 0)
    if picture.isRefresh {
      (previousFrame, frameOffset, previousHigh, previousLow) = (0, 0, 1 << 16, -1)
      recentCounts = Self.noCounts
    }
    let frames = 1 << picture.sequence.frameNumberBits
    if picture.frameNumber != previousFrame, picture.frameNumber != (previousFrame + 1) % frames {
      if !picture.sequence.allowsGaps, picture.sequence.referenceFrames > 0 { recentCounts = Self.noCounts }
      previousFrame = (picture.frameNumber - 1 + frames) % frames
    }
    var offset = frameOffset
    if picture.frameNumber < previousFrame { offset += frames }
    let (count, high) = count(of: picture, frameOffset: offset)
    let frame = Frame(place: place, count: count, isRefresh: picture.isRefresh, restarts: restarts)
    restarts = false
    let shown = insert(frame, isBidirectional: picture.isBidirectional, announced: announced)
    if picture.isReferenced { (previousHigh, previousLow) = (high, picture.countBits) }
    (frameOffset, previousFrame) = (offset, picture.frameNumber)
    if picture.restartsCount {
      restarts = true
      previousFrame = 0
      recentCounts = Self.noCounts
      if let last = waiting.indices.last, waiting[last].place == place { waiting[last].restarts = true }
    }
    return shown
  }

  mutating func drain() -> [Int32] {
    var rest: [Int32] = []
    while !waiting.isEmpty { rest.append(waiting.remove(at: next).place) }
    return rest
  }

  /// The waiting frame that comes first: of those up to the next start of numbering, the one with the lowest count.
  private var next: Int {
    var found = 0
    for index in waiting.indices.dropFirst() {
      if waiting[index].isRefresh || waiting[index].restarts { break }
      if waiting[index].count < waiting[found].count { found = index }
    }
    return found
  }

  private mutating func insert(_ frame: Frame, isBidirectional: Bool, announced: Int?) -> Int32? {
    // The sixteen highest counts of late, ascending: how many are higher tells how far the frame comes too late.
    var place = 0
    while place < recentCounts.count, frame.count >= recentCounts[place] {
      if place > 0 { recentCounts[place - 1] = recentCounts[place] }
      place += 1
    }
    if place > 0 { recentCounts[place - 1] = frame.count }
    var lateness = recentCounts.count - place
    let (last, secondLast) = (recentCounts[recentCounts.count - 1], recentCounts[recentCounts.count - 2])
    if isBidirectional || secondLast > .min && last - secondLast > 2 { lateness = max(lateness, 1) }
    var frame = frame
    if lateness == recentCounts.count {
      recentCounts = Self.noCounts
      recentCounts[0] = frame.count
      frame.restarts = true
    } else if delay < lateness, announced == nil {
      delay = lateness
    }
    waiting.append(frame)
    let candidate = next
    let shown = waiting[candidate]
    if delay == 0, waiting[0].isRefresh || waiting[0].restarts { lastShown = .min }
    let isTooLate = shown.count < lastShown
    let isDue = waiting.count > delay
    if isTooLate || isDue { waiting.remove(at: candidate) }
    guard isDue, !isTooLate else { return nil }
    let startsAnew = candidate == 0 && (waiting.first.map { $0.isRefresh || $0.restarts } ?? false)
    lastShown = startsAnew ? .min : shown.count
    return shown.place
  }

  private func count(of picture: H264Picture, frameOffset: Int) -> (count: Int, high: Int) {
    let frame = frameOffset + picture.frameNumber
    switch picture.sequence.count {
    case .stated(let bits):
      let range = 1 << bits
      let (low, before) = (picture.countBits, previousLow < 0 ? picture.countBits : previousLow)
      var high = previousHigh
      if low < before, before - low >= range / 2 { high += range }
      if low > before, low - before > range / 2 { high -= range }
      return (high + low + min(0, picture.bottomDelta), high)
    case .cycle(_, let unreferenced, let bottom, let offsets):
      var number = offsets.isEmpty ? 0 : frame
      if !picture.isReferenced, number > 0 { number -= 1 }
      var expected = 0
      if number > 0 {
        expected = (number - 1) / offsets.count * offsets.reduce(0, +)
        expected += offsets[...((number - 1) % offsets.count)].reduce(0, +)
      }
      if !picture.isReferenced { expected += unreferenced }
      let top = expected + picture.delta
      return (min(top, top + bottom + picture.bottomDelta), 0)
    case .followsDecoding: return (2 * frame - (picture.isReferenced ? 0 : 1), 0)
    }
  }
}
