import CFFmpeg

/// Makes a ``FrameIndex``: from the packets alone where they tell everything, else by decoding all of them.
@safe struct IndexBuilder {
  let source: PacketSource
  /// Whether the streams were probed as the `ffmpeg` program does, and not just described by the header.
  var isProbed = true

  /// What the packets tell. `needsProbing` is set when the header alone was not enough to be sure.
  struct Result {
    var index: FrameIndex
    var turnsDisplay = false
    var needsProbing = false
  }

  /// - Throws: ``MediaError`` when reading takes longer than allowed.
  func build() throws(MediaError) -> Result {
    var inspector = unsafe PacketInspector(source.stream.pointee.codecpar)
    var fallBack: FrameIndex.FallBack? = inspector.isKnown ? nil : .unknownCodec
    let isIntraOnly = inspector.isIntraOnly
    var isFirst = true
    var turnsDisplay = false
    var records = unsafe try source.scan { packet in
      var record = unsafe PacketRecord(
        presentation: packet.pointee.pts, decoding: packet.pointee.dts, position: packet.pointee.pos,
        duration: packet.pointee.duration, traits: [])
      let flags = unsafe packet.pointee.flags
      if flags & AV_PKT_FLAG_CORRUPT != 0 { fallBack = .damagedPackets }
      if !isFirst, unsafe Self.changesParameters(packet) { fallBack = .changingParameters }
      let finding = unsafe inspector.inspect(packet.bytes)
      if flags & AV_PKT_FLAG_KEY != 0 && finding.isEntry || isIntraOnly { record.traits.insert(.key) }
      if !finding.isReferenced { record.traits.insert(.unreferenced) }
      if !finding.isShown { record.traits.insert(.hidden) }
      if finding.isBidirectional == true { record.traits.insert(.bidirectional) }
      fallBack = fallBack ?? finding.problem
      if isFirst { turnsDisplay = finding.turnsDisplay }
      isFirst = false
      if flags & AV_PKT_FLAG_DISCARD != 0 { record.traits.insert(.hidden) }
      return record
    }
    if !inspector.seesEntries, records.count > 1, records.allSatisfy(\.isKey) {
      // Some containers mark every packet as a key frame; believing it would give frames without what they are predicted from.
      for place in records.indices.dropFirst() { records[place].traits.remove(.key) }
    }
    if fallBack == nil { fallBack = problem(of: records, inspector) }
    if let fallBack {
      guard isProbed else { return Result(index: .empty, needsProbing: true) }
      return Result(index: try decodeAll(records, because: fallBack), turnsDisplay: turnsDisplay)
    }
    let shown = order(of: records, inspector)
    let index = index(
      records, packetOfFrame: shown, stamps: shown.map { stamp(of: records[Int($0)], inspector) }, fallBack: nil)
    return Result(index: index, turnsDisplay: turnsDisplay)
  }

  /// When the packet's frame is shown, in units of the stream's time base.
  private func stamp(of record: PacketRecord, _ inspector: PacketInspector) -> Int64 {
    record.presentation == mae_no_timestamp && inspector.keepsOrder ? record.decoding : record.presentation
  }

  /// Why the packets do not tell the order of showing, or nil.
  private func problem(of records: [PacketRecord], _ inspector: PacketInspector) -> FrameIndex.FallBack? {
    guard let first = records.first else { return nil }
    if !first.isKey { return .startsWithoutKeyFrame }
    let shown = records.filter { !$0.traits.contains(.hidden) }
    if shown.contains(where: { stamp(of: $0, inspector) == mae_no_timestamp }) {
      guard inspector.hasSimpleOrder, shown.count == records.count else { return .missingTimestamps }
      return records.count > 1 && records[1].traits.contains(.bidirectional) ? .startsWithoutKeyFrame : nil
    }
    let order = order(of: records, inspector)
    for (before, after) in zip(order, order.dropFirst())
    where stamp(of: records[Int(before)], inspector) == stamp(of: records[Int(after)], inspector) {
      return .repeatedTimestamps
    }
    // The decoder shows frames in the order of their kinds, whatever their times say.
    if inspector.hasSimpleOrder, shown.count == records.count, order != simpleOrder(records) { return .disorderedTimestamps }
    if let first = order.first, order.contains(where: { $0 < first }) { return .startsWithoutKeyFrame }
    let depth = Self.reorderDepth(order, packetCount: records.count)
    if depth > 0, inspector.announcedReordering == nil, unsafe depth > Int(source.stream.pointee.codecpar.pointee.video_delay) {
      return .unannouncedReordering
    }
    return nil
  }

  /// The packets of shown frames in the order of showing.
  private func order(of records: [PacketRecord], _ inspector: PacketInspector) -> [Int32] {
    if inspector.hasSimpleOrder, records.contains(where: { $0.presentation == mae_no_timestamp }) { return simpleOrder(records) }
    var order: [(place: Int32, stamp: Int64)] = []
    order.reserveCapacity(records.count)
    for (place, record) in records.enumerated() where !record.traits.contains(.hidden) {
      order.append((Int32(place), stamp(of: record, inspector)))
    }
    order.sort { ($0.stamp, $0.place) < ($1.stamp, $1.place) }
    return order.map(\.place)
  }

  /// The most frames that are decoded before one that is shown earlier.
  private static func reorderDepth(_ order: [Int32], packetCount: Int) -> Int {
    var number = [Int32](repeating: -1, count: packetCount)
    for (frame, place) in order.enumerated() { number[Int(place)] = Int32(frame) }
    var depth = 0
    for place in number.indices where number[place] >= 0 {
      depth = max(depth, number[max(0, place - 32)..<place].count { $0 > number[place] })
    }
    return depth
  }

  /// The order where a bidirectional frame is shown at once and any other after the next of its kind has come.
  private func simpleOrder(_ records: [PacketRecord]) -> [Int32] {
    var order: [Int32] = []
    var waiting: Int32?
    for (place, record) in records.enumerated() {
      if record.traits.contains(.bidirectional) {
        order.append(Int32(place))
      } else {
        if let waiting { order.append(waiting) }
        waiting = Int32(place)
      }
    }
    if let waiting { order.append(waiting) }
    return order
  }

  /// Decodes the whole stream and notes which packet each shown frame came from.
  func decodeAll(_ records: [PacketRecord], because reason: FrameIndex.FallBack) throws(MediaError) -> FrameIndex {
    source.adopt(records)
    let decoder = unsafe try Decoder(source.path, source.stream, startsAnywhere: false)
    let frame = FrameHandle()
    var packetOfFrame: [Int32] = []
    var stamps: [Int64] = []
    func takeFrames() {
      while decoder.receive(into: frame) == .frame {
        let place = unsafe Int(clamping: frame.pointer.pointee.pts)
        let isKnown = records.indices.contains(place)
        packetOfFrame.append(isKnown ? Int32(place) : 0)
        let presentation = isKnown ? records[place].presentation : mae_no_timestamp
        stamps.append(presentation != mae_no_timestamp ? presentation : unsafe frame.pointer.pointee.pkt_dts)
      }
    }
    for place in records.indices {
      _ = unsafe decoder.send(try source.packet(at: place), place: place, skippingUnreferenced: false)
      takeFrames()
    }
    decoder.finish()
    takeFrames()
    return index(records, packetOfFrame: packetOfFrame, stamps: stamps, fallBack: reason)
  }

  private func index(
    _ records: [PacketRecord], packetOfFrame: [Int32], stamps: [Int64], fallBack: FrameIndex.FallBack?
  ) -> FrameIndex {
    source.adopt(records)
    let unit = unsafe source.stream.pointee.time_base.seconds
    let spacing = spacing(of: stamps, unit)
    let first = stamps.first { $0 != mae_no_timestamp } ?? 0
    var times: [Double] = []
    times.reserveCapacity(stamps.count)
    for stamp in stamps {
      // Times never run backwards, whatever the container says: a frame is shown after the one before it.
      let previous = times.last ?? 0
      if stamp == mae_no_timestamp {
        times.append(times.isEmpty ? 0 : previous + spacing)
      } else {
        times.append(max(previous, Double(stamp &- first) * unit))
      }
    }
    let lastDuration = packetOfFrame.last.map { Double(records[Int($0)].duration) * unit } ?? 0
    let end = times.last.map { $0 + (lastDuration > 0 ? lastDuration : spacing) }
    return FrameIndex(
      times: times, duration: end ?? 0, fallBack: fallBack, stream: source.streamIndex, packets: records,
      packetOfFrame: packetOfFrame)
  }

  /// Seconds from one frame to the next where times do not tell: as the container says, else as frames follow on average.
  private func spacing(of stamps: [Int64], _ unit: Double) -> Double {
    let rate = unsafe frameRate(of: source.stream)
    if rate > 0 { return 1 / rate }
    let known = stamps.filter { $0 != mae_no_timestamp }
    guard known.count > 1, let first = known.first, let last = known.last, last > first else { return 0.04 }
    return Double(last &- first) * unit / Double(known.count - 1)
  }

  private static func changesParameters(_ packet: UnsafePointer<AVPacket>) -> Bool {
    unsafe av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, nil) != nil
      || av_packet_get_side_data(packet, AV_PKT_DATA_PARAM_CHANGE, nil) != nil
  }
}

extension AVRational {
  /// The fraction as a number; 0 when it is undefined.
  var seconds: Double { den == 0 ? 0 : Double(num) / Double(den) }
}

/// Frames per second as the container tells them; 0 when it does not.
func frameRate(of stream: UnsafePointer<AVStream>) -> Double {
  let average = unsafe stream.pointee.avg_frame_rate.seconds
  return average > 0 ? average : unsafe stream.pointee.r_frame_rate.seconds
}
