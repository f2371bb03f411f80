import CFFmpeg

/// A frame in the order of showing: the packet it comes from, and the one whose decoding brings it out; nil at the end of the
/// stream.
struct ShownFrame: Hashable {
  var place: Int32
  var trigger: Int32?
}

/// What reading every packet of a stream once tells.
struct PacketScan {
  private(set) var records: [PacketRecord] = []
  /// The frames that a decoder will show.
  private(set) var shown: [ShownFrame] = []
  /// Packets of which only decoding tells what becomes of them, ascending.
  private(set) var doubts: [Int] = []
  /// Packets at which the clock starts anew, ascending.
  private(set) var jumps: [Int] = []
  private(set) var irregularity: FrameIndex.Irregularity?
  /// Packets tell too little: everything is to be decoded.
  private(set) var isUnclear = false
  /// Frames that the decoder must hold back so that none is lost to reordering.
  private(set) var delay: Int
  /// Whether that is more than what the stream announces or its container says.
  private(set) var hasUnannouncedDelay = false
  private(set) var turnsDisplay = false
  private(set) var layerOfMPEG4: MPEG4Layer?

  /// - Throws: ``MediaError`` when reading fails or takes longer than allowed.
  init(_ source: PacketSource) throws(MediaError) {
    var scanner = unsafe Scanner(source.stream, source.format)
    delay = scanner.delay
    records = unsafe try source.scan { packet in unsafe scanner.look(at: packet) }
    if !scanner.inspector.seesEntries, records.count > 1, records.allSatisfy(\.isKey) {
      // Some containers mark every packet as a key frame; believing it would give frames without what they are predicted from.
      for place in records.indices.dropFirst() { records[place].traits.remove(.key) }
    }
    turnsDisplay = scanner.turnsDisplay
    layerOfMPEG4 = scanner.inspector.layerOfMPEG4
    jumps = scanner.jumps
    doubts = scanner.doubts
    irregularity = scanner.problem ?? scanner.irregularity
    isUnclear = scanner.problem != nil
    if isUnclear { return }
    if var order = scanner.order {
      shown = scanner.shown + order.drain().map { ShownFrame(place: $0) }
      if let first = shown.first, shown.contains(where: { $0.place < first.place }), doubts.first != 0 {
        // What is shown before the first key frame leans on what is not there.
        doubts.insert(0, at: 0)
        irregularity = irregularity ?? .startsWithoutKeyFrame
      }
      shown.removeAll { records[Int($0.place)].traits.contains(.hidden) }
      if let order = order as? H264Order {
        hasUnannouncedDelay = order.delay > delay && !scanner.announcesDelay
        delay = max(delay, order.delay)
      }
    } else {
      sortByTime(delay: delay)
    }
  }

  /// Puts frames in the order of their presentation times: the decoder of this codec reorders, and nothing else tells how.
  private mutating func sortByTime(delay: Int) {
    let candidates = records.indices.filter { !records[$0].traits.contains(.hidden) }
    func segment(_ place: Int) -> Int { jumps.partitioningIndex { $0 > place } }
    let order = candidates.sorted {
      (segment($0), records[$0].presentation, $0) < (segment($1), records[$1].presentation, $1)
    }
    shown = order.map { ShownFrame(place: Int32($0), trigger: Int32($0)) }
    if order.contains(where: { records[$0].presentation == mae_no_timestamp }) {
      irregularity = .missingTimestamps
    } else if zip(order, order.dropFirst()).contains(where: { records[$0].presentation == records[$1].presentation }) {
      irregularity = .repeatedTimestamps
    } else if let first = order.first, order.contains(where: { $0 < first }) {
      irregularity = .startsWithoutKeyFrame
    } else if Self.reorderDepth(order, packetCount: records.count) > delay {
      irregularity = .unannouncedReordering
    } else {
      return
    }
    isUnclear = true
  }

  /// The most frames that are decoded before one that is shown earlier.
  private static func reorderDepth(_ order: [Int], packetCount: Int) -> Int {
    var number = [Int](repeating: -1, count: packetCount)
    for (frame, place) in order.enumerated() { number[place] = frame }
    return number.indices.reduce(0) { depth, place in
      number[place] < 0 ? depth : max(depth, number[max(0, place - 32)..<place].count { $0 > number[place] })
    }
  }
}

/// Looks at one packet after the other.
@safe private struct Scanner {
  var inspector: PacketInspector
  var order: (any OutputOrder)?
  let delay: Int
  var shown: [ShownFrame] = []
  var doubts: [Int] = []
  var jumps: [Int] = []
  /// Why everything is to be decoded, or nil.
  var problem: FrameIndex.Irregularity?
  var irregularity: FrameIndex.Irregularity?
  var turnsDisplay = false
  var announcesDelay = true

  private let isIntraOnly: Bool
  private let clock: ClockJumps
  private var place = 0
  private var last: PacketRecord?
  private var isAfterDamage = false
  private var anchors = 0

  init(_ stream: UnsafePointer<AVStream>, _ format: ContainerFormat) {
    let parameters = unsafe stream.pointee.codecpar!
    inspector = unsafe PacketInspector(parameters)
    delay = unsafe Int(parameters.pointee.video_delay)
    order = inspector.outputOrder(delay: delay)
    isIntraOnly = inspector.isIntraOnly
    clock = unsafe ClockJumps(stream, format)
    if !inspector.isKnown { problem = .unknownCodec }
  }

  mutating func look(at packet: UnsafeMutablePointer<AVPacket>) -> PacketRecord {
    var record = unsafe PacketRecord(
      presentation: packet.pointee.pts, decoding: packet.pointee.dts, position: packet.pointee.pos,
      duration: packet.pointee.duration, size: packet.pointee.size, traits: [])
    let flags = unsafe packet.pointee.flags
    let finding = unsafe inspector.inspect(packet.bytes)
    if flags & AV_PKT_FLAG_KEY != 0 && finding.isEntry || isIntraOnly { record.traits.insert(.key) }
    if !finding.isReferenced { record.traits.insert(.unreferenced) }
    if finding.holdsNext { record.traits.insert(.holdsNext) }
    if finding.picture == nil || flags & AV_PKT_FLAG_DISCARD != 0 { record.traits.insert(.hidden) }
    if place == 0 {
      turnsDisplay = finding.turnsDisplay
    } else if unsafe Self.changesParameters(packet) {
      problem = .changingParameters
    }
    problem = problem ?? finding.problem
    findJump(record, finding)
    findDoubt(record, finding, isDamaged: flags & AV_PKT_FLAG_CORRUPT != 0)
    if let picture = finding.picture {
      if case .h264(let picture) = picture, picture.sequence.reorderDepth == nil { announcesDelay = false }
      if picture == .anchor { anchors += 1 }
      if let out = order?.add(picture, at: Int32(place)) { shown.append(ShownFrame(place: out, trigger: Int32(place))) }
    }
    place += 1
    return record
  }

  private mutating func findJump(_ record: PacketRecord, _ finding: PacketFinding) {
    defer { last = record }
    guard let last, clock.separates(last, record) else { return }
    jumps.append(place)
    irregularity = irregularity ?? .jumpingClock
    // What a decoder makes of the join follows from headers only where it starts anew.
    switch finding.picture {
    case .h264(let picture) where picture.isRefresh: break
    case .hevc(let picture) where picture.startsSequence: break
    case .anchor where finding.isEntry: break
    case .plain where record.isKey: break
    default: doubts.append(place)
    }
  }

  private mutating func findDoubt(_ record: PacketRecord, _ finding: PacketFinding, isDamaged: Bool) {
    // Where packets are put together from others, the mark may stand at the one before.
    if isDamaged || isAfterDamage || finding.isDoubtful {
      doubts.append(place)
      irregularity = .damagedPackets
    } else if place == 0 && !record.isKey || finding.picture == .bidirectional && anchors < 2 && inspector.layerOfMPEG4 == nil {
      doubts.append(place)
      irregularity = irregularity ?? .startsWithoutKeyFrame
    }
    isAfterDamage = isDamaged
  }

  private static func changesParameters(_ packet: UnsafePointer<AVPacket>) -> Bool {
    unsafe av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, nil) != nil
      || av_packet_get_side_data(packet, AV_PKT_DATA_PARAM_CHANGE, nil) != nil
  }
}
