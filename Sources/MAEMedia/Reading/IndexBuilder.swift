import CFFmpeg

/// Makes a ``FrameIndex``: from the packets alone where they tell everything; else stretches of the stream, or all of it, are
/// decoded.
@safe struct IndexBuilder {
  let source: PacketSource
  /// Whether the streams were probed as the `ffmpeg` program does, and not just described by the header.
  var isProbed = true

  /// Key frames by which decoding of a doubtful stretch starts early.
  static let runUp = 3

  /// What the packets tell. `needsProbing` is set when the header alone was not enough to be sure.
  struct Result {
    var index: FrameIndex
    var turnsDisplay = false
    var layerOfMPEG4: MPEG4Layer?
    var needsProbing = false
  }

  /// - Throws: ``MediaError`` when reading fails or takes longer than allowed.
  func build() throws(MediaError) -> Result {
    let scan = try PacketScan(source)
    let isClear = !scan.isUnclear && scan.doubts.isEmpty
    guard isProbed || isClear && !scan.hasUnannouncedDelay else { return Result(index: .empty, needsProbing: true) }
    source.adopt(scan.records)
    var index: FrameIndex?
    if isClear {
      index = makeIndex(scan.records, scan.shown, irregularity: scan.irregularity, delay: scan.delay)
    } else if !scan.isUnclear {
      index = try decodeDoubts(scan)
    }
    if index == nil { index = try decodeAll(scan.records, because: scan.irregularity, delay: scan.delay) }
    return Result(
      index: index ?? .empty, turnsDisplay: scan.turnsDisplay, layerOfMPEG4: scan.layerOfMPEG4)
  }

  /// Decodes the whole stream and notes which packet each shown frame came from.
  func decodeAll(
    _ records: [PacketRecord], because irregularity: FrameIndex.Irregularity?, delay: Int
  ) throws(MediaError) -> FrameIndex {
    source.adopt(records)
    var decoding = try StretchDecoding(source, from: 0)
    for _ in records { try decoding.advance() }
    decoding.finish()
    return makeIndex(
      records, decoding.frames.map(\.shown), irregularity: irregularity, delay: delay,
      checksums: decoding.frames.map(\.checksum))
  }

  /// Decodes around the packets that leave doubts, from the key frame before to where all is as packets tell again.
  ///
  /// - Returns: nil when that would be most of the stream.
  private func decodeDoubts(_ scan: PacketScan) throws(MediaError) -> FrameIndex? {
    var records = scan.records
    var shown: [ShownFrame] = []
    var checksums: [UInt32] = []
    var rest = scan.shown[...]
    var doubts = scan.doubts[...]
    var cost = 0
    let stated = unsafe source.stream.pointee.codecpar.pointee.video_delay
    defer { unsafe source.stream.pointee.codecpar.pointee.video_delay = stated }
    while let first = doubts.first {
      let start = self.start(before: first, scan)
      // A few groups of pictures ahead: what stands where a decoder guesses is left from pictures before.
      let runUp = scan.records[..<start].indices.filter { scan.records[$0].isKey }.suffix(Self.runUp).first ?? 0
      unsafe source.stream.pointee.codecpar.pointee.video_delay = runUp > 0 ? Int32(scan.delay) : stated
      guard start == 0 ? shown.isEmpty : rest.contains(where: { Int($0.place) == start }),
        let island = try Island(around: first, from: start, runUp: runUp, scan, source, budget: records.count / 2 - cost)
      else { return nil }
      cost += island.cost
      let before = rest.prefix { start == 0 ? false : Int($0.place) != start }
      shown += before
      checksums += repeatElement(0, count: before.count)
      shown += island.frames.map(\.shown)
      checksums += island.frames.map(\.checksum)
      rest = rest.dropFirst(before.count).drop { Int($0.place) < island.end }
      doubts = doubts.drop { $0 < island.end }
      // What is not what it should be is no place to start from, and all of it is needed.
      for place in start..<min(island.end, records.count) {
        records[place].traits.remove(.unreferenced)
        if place > start { records[place].traits.remove(.key) }
      }
    }
    shown += rest
    checksums += repeatElement(0, count: rest.count)
    return makeIndex(
      records, shown, irregularity: scan.irregularity, delay: scan.delay, checksums: checksums)
  }

  /// The last key frame before a doubtful packet whose leading frames are beyond doubt.
  private func start(before doubt: Int, _ scan: PacketScan) -> Int {
    var place = doubt - 1
    while place > 0 {
      if scan.records[place].isKey, !scan.records[place].traits.contains(.hidden), !scan.doubts.contains(place),
        !scan.shown.prefix(while: { Int($0.place) != place }).suffix(64).contains(where: { Int($0.place) >= doubt })
      {
        return place
      }
      place -= 1
    }
    return 0
  }

  private func makeIndex(
    _ records: [PacketRecord], _ shown: [ShownFrame], irregularity: FrameIndex.Irregularity?, delay: Int,
    checksums: [UInt32] = []
  ) -> FrameIndex {
    source.adopt(records)
    let times = unsafe FrameTimes(
      of: shown, records, jumps: ClockJumps(source.stream, source.format).places(in: records),
      hasPresentationTimes: source.format.hasPresentationTimes, unit: source.stream.pointee.time_base.seconds,
      rate: frameRate(of: source.stream))
    return FrameIndex(
      times: times.times, duration: times.duration, irregularity: irregularity ?? times.irregularity, stream: source.streamIndex,
      delay: delay, packets: records, packetOfFrame: shown.map(\.place), checksums: checksums)
  }
}

/// A stretch of packets that leave doubts, decoded until what comes out is what packets tell again.
private struct Island {
  var frames: [DecodedFrame]
  /// The first packet behind it.
  var end: Int
  /// Packets decoded.
  var cost: Int

  /// Frames that any decoder holds back at most.
  private static let longestDelay = 17

  /// - Returns: nil when `budget` packets are not enough, or the key frame at the start does not come out.
  init?(
    around doubt: Int, from start: Int, runUp: Int, _ scan: PacketScan, _ source: PacketSource, budget: Int
  ) throws(MediaError) {
    let records = scan.records
    var doubts = scan.doubts.drop { $0 < doubt }
    var decoding = try StretchDecoding(source, from: runUp)
    // Two key frames behind the last doubt: between them everything must be as packets tell.
    var keys: [Int] = []
    var end = records.count
    for place in runUp..<records.count {
      if place - runUp > max(budget, 64) { return nil }
      try decoding.advance()
      if doubts.first == place {
        doubts.removeFirst()
        keys = []
      } else if place > doubt, records[place].isKey {
        keys.append(place)
      }
      guard keys.count > 1, place >= keys[1] + Self.longestDelay else { continue }
      let between = keys[0]..<keys[1]
      let found = decoding.frames.map(\.shown.place).filter { between.contains(Int($0)) }
      if found == Self.places(in: between, of: scan.shown) {
        end = keys[0]
        break
      }
      keys.removeFirst()
    }
    if end == records.count { decoding.finish() }
    cost = min(end + Self.longestDelay, records.count) - runUp
    self.end = end
    frames = decoding.frames.filter { (start..<end).contains(Int($0.shown.place)) }
    if start > 0 {
      guard let first = frames.firstIndex(where: { Int($0.shown.place) == start }) else { return nil }
      frames.removeFirst(first)
    }
  }

  private static func places(in range: Range<Int>, of shown: [ShownFrame]) -> [Int32] {
    // Frames are shown near where they are decoded.
    let low = shown.partitioningIndex { Int($0.place) >= range.lowerBound - 64 }
    return shown[low...].prefix { Int($0.place) < range.upperBound + 64 }.map(\.place).filter { range.contains(Int($0)) }
  }
}
