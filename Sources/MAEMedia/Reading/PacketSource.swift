import CFFmpeg

/// The packets of one video stream by their place in decoding order.
///
/// Short files are kept in memory whole; of longer ones packets are read again when they are wanted.
@safe final class PacketSource {
  let path: String
  let streamIndex: Int
  private var demuxer: Demuxer
  private let deadline: Deadline
  private let memoryLimit: Int
  private let packet = PacketHandle()
  private let store = PacketStore()
  private var isStored = false
  private var records: [PacketRecord] = []
  /// The place of the packet in hand, and of the one that the demuxer gives next.
  private var held = -1
  private var next = 0
  /// Times the demuxer went elsewhere in the file.
  private(set) var seeks = 0

  /// Whether the file was probed when it was opened, and must be when it is opened again.
  private let isProbed: Bool

  init(_ demuxer: Demuxer, stream: Int, isProbed: Bool, deadline: Deadline, memoryLimit: Int) {
    self.demuxer = demuxer
    self.isProbed = isProbed
    self.deadline = deadline
    self.memoryLimit = memoryLimit
    path = demuxer.path
    streamIndex = stream
    demuxer.keepOnly(stream: stream)
  }

  var format: ContainerFormat { demuxer.format }
  var stream: UnsafeMutablePointer<AVStream> { unsafe demuxer.stream(streamIndex) }

  /// Reads all packets once, calling `visit` for each, and keeps them when they fit in memory.
  func scan(_ visit: (UnsafeMutablePointer<AVPacket>) -> PacketRecord) throws(MediaError) -> [PacketRecord] {
    isStored = true
    while try readPacket() {
      unsafe records.append(visit(packet.pointer))
      if isStored {
        store.append(packet)
        if store.byteCount > memoryLimit {
          store.removeAll()
          isStored = false
        }
      }
    }
    return records
  }

  /// Takes over what an earlier scan of the same file found.
  func adopt(_ records: [PacketRecord]) { self.records = records }

  /// The packet at `place`; it stays valid until the next call. Its times are those of the record, not its own.
  func packet(at place: Int) throws(MediaError) -> UnsafeMutablePointer<AVPacket> {
    try deadline.check(path, doing: "reading packet \(place)")
    if isStored { return unsafe store[place] }
    if place < held || place > next + 16 { try go(to: place) }
    while held < place {
      guard try readPacket() else { throw changed(at: place) }
    }
    return unsafe packet.pointer
  }

  private func changed(at place: Int) -> MediaError {
    MediaError(
      code: .invalidData, path: path, doing: "reading packet \(place)", reason: "the file is not what it was when it was opened")
  }

  /// Reads the next packet of the stream that has content.
  private func readPacket() throws(MediaError) -> Bool {
    while true {
      unsafe av_packet_unref(packet.pointer)
      guard try demuxer.read(into: packet, doing: "reading packet \(next)") else {
        held = next
        return false
      }
      if unsafe packet.pointer.pointee.stream_index == Int32(streamIndex) && packet.pointer.pointee.size > 0 {
        held = next
        next += 1
        return true
      }
    }
  }

  /// Brings the packet at `place` or one before it into hand: by seeking to a key frame, else from the start of the file.
  private func go(to place: Int) throws(MediaError) {
    seeks += 1
    var key = place
    while key > 0, !records[key].isKey { key -= 1 }
    let record = records[key]
    let timestamp = record.decoding != mae_no_timestamp ? record.decoding : record.presentation
    if key > 0, timestamp != mae_no_timestamp, format.seeksToWholePackets, demuxer.seek(to: timestamp, stream: streamIndex),
      try readPacket(),
      let found = placeOfHeldPacket(near: key), found <= place
    {
      held = found
      next = found + 1
      return
    }
    guard let again = try Demuxer.openVideo(path, isLean: !isProbed, deadline: deadline), again.stream == streamIndex else {
      throw changed(at: place)
    }
    demuxer = again.demuxer
    demuxer.keepOnly(stream: streamIndex)
    held = -1
    next = 0
  }

  /// Which packet the demuxer gave after a seek; nil when it cannot be told for certain.
  private func placeOfHeldPacket(near key: Int) -> Int? {
    let presentation = unsafe packet.pointer.pointee.pts
    let position = unsafe packet.pointer.pointee.pos
    func matches(_ place: Int) -> Bool { records[place].presentation == presentation && records[place].position == position }
    if matches(key), position >= 0 || presentation != mae_no_timestamp { return key }
    let candidates = records.indices.filter(matches)
    return candidates.count == 1 ? candidates[0] : nil
  }
}
