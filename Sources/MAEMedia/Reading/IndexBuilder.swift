import CFFmpeg

/// Makes a ``FrameIndex``: from the packets alone where they tell everything, else by decoding all of them.
@safe struct IndexBuilder {
  let source: PacketSource

  /// - Throws: ``MediaError`` when reading takes longer than allowed.
  func build() throws(MediaError) -> FrameIndex {
    var inspector = unsafe PacketInspector(source.stream.pointee.codecpar)
    var fallBack: FrameIndex.FallBack? = inspector.isKnown ? nil : .unknownCodec
    let isIntraOnly = inspector.isIntraOnly
    var isFirst = true
    let records = unsafe try source.scan { packet in
      var record = unsafe PacketRecord(
        presentation: packet.pointee.pts, decoding: packet.pointee.dts, position: packet.pointee.pos,
        duration: packet.pointee.duration, traits: [])
      let flags = unsafe packet.pointee.flags
      if flags & AV_PKT_FLAG_CORRUPT != 0 { fallBack = .damagedPackets }
      if !isFirst, unsafe Self.changesParameters(packet) { fallBack = .changingParameters }
      isFirst = false
      let finding = unsafe inspector.inspect(
        UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
      if flags & AV_PKT_FLAG_KEY != 0 && finding.isEntry || isIntraOnly { record.traits.insert(.key) }
      if !finding.isReferenced { record.traits.insert(.unreferenced) }
      if !finding.isShown { record.traits.insert(.hidden) }
      if finding.isBidirectional == true { record.traits.insert(.bidirectional) }
      fallBack = fallBack ?? finding.problem
      if flags & AV_PKT_FLAG_DISCARD != 0 { record.traits.insert(.hidden) }
      return record
    }
    if let fallBack { return try decodeAll(records, because: fallBack) }

    if inspector.hasSimpleOrder, records.contains(where: { $0.presentation == mae_no_timestamp }) {
      guard let order = simpleOrder(records) else { return try decodeAll(records, because: .missingTimestamps) }
      return index(records, packetOfFrame: order, stamps: order.map { records[Int($0)].presentation }, fallBack: nil)
    }
    var shown: [(place: Int32, time: Int64)] = []
    for (place, record) in records.enumerated() where !record.traits.contains(.hidden) {
      var time = record.presentation
      if time == mae_no_timestamp, inspector.keepsOrder { time = record.decoding }
      if time == mae_no_timestamp { return try decodeAll(records, because: .missingTimestamps) }
      shown.append((Int32(place), time))
    }
    let firstPlace = shown.first?.place
    shown.sort { $0.time < $1.time }
    for (before, after) in zip(shown, shown.dropFirst()) where before.time == after.time {
      return try decodeAll(records, because: .repeatedTimestamps)
    }
    if let first = shown.first, first.place != firstPlace || !records[0].isKey {
      return try decodeAll(records, because: .startsWithoutKeyFrame)
    }
    return index(records, packetOfFrame: shown.map(\.place), stamps: shown.map(\.time), fallBack: nil)
  }

  /// The order of showing where a bidirectional frame is shown at once and any other after the next of its kind has come;
  /// nil when frames are hidden or come before the first key frame.
  private func simpleOrder(_ records: [PacketRecord]) -> [Int32]? {
    var order: [Int32] = []
    var waiting: Int32?
    for (place, record) in records.enumerated() {
      if record.traits.contains(.hidden) { return nil }
      if record.traits.contains(.bidirectional) {
        if order.isEmpty { return nil }
        order.append(Int32(place))
      } else {
        if let waiting { order.append(waiting) }
        waiting = Int32(place)
      }
    }
    if let waiting { order.append(waiting) }
    return records.first?.isKey ?? false ? order : nil
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
    let rate = unsafe frameRate(of: source.stream)
    let spacing = rate > 0 ? 1 / rate : 0.04
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
