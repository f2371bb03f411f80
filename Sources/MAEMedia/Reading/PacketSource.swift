import CFFmpeg
import MAEFoundation

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

  private let opening: FileOpening

  init(
    _ demuxer: Demuxer, stream: Int, isProbed: Bool, deadline: Deadline, memoryLimit: Int, opening: @escaping FileOpening
  ) {
    self.demuxer = demuxer
    self.opening = opening
    self.isProbed = isProbed
    self.deadline = deadline
    self.memoryLimit = memoryLimit
    path = demuxer.path
    streamIndex = stream
    prepareStream()
  }

  /// Headers that stand in the first packet instead of the container; decoders need them wherever they start.
  var headers: [UInt8] = [] { didSet { prepareStream() } }

  /// Frames that decoders hold back, at least.
  var delay = 0 { didSet { prepareStream() } }

  private func prepareStream() {
    demuxer.keepOnly(stream: streamIndex)
    let parameters = unsafe stream.pointee.codecpar!
    unsafe parameters.pointee.video_delay = max(parameters.pointee.video_delay, Int32(delay))
    guard !headers.isEmpty, unsafe parameters.pointee.extradata_size == 0,
      let copy = unsafe av_mallocz(headers.count + Int(AV_INPUT_BUFFER_PADDING_SIZE))
    else { return }
    unsafe headers.withUnsafeBytes { unsafe copy.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    unsafe parameters.pointee.extradata = copy.assumingMemoryBound(to: UInt8.self)
    unsafe parameters.pointee.extradata_size = Int32(headers.count)
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
    // Who asks for the next packet is done with the one before.
    deadline.restart()
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
    if key > 0 {
      let record = records[key]
      let timestamp = record.decoding != mae_no_timestamp ? record.decoding : record.presentation
      // After a clock has jumped, another place has the same time: the place in the file tells.
      let usesPosition = format.seeksByPosition && record.position >= 0
      // Where packets are put together from others, the first one read is the rest of another.
      let position = records[max(0, key - 2)].position
      if usesPosition || timestamp != mae_no_timestamp,
        demuxer.seek(to: usesPosition ? position : timestamp, byPosition: usesPosition, stream: streamIndex),
        let found = try findPlace(near: key), found <= place
      {
        held = found
        next = found + 1
        return
      }
    }
    guard let again = try Demuxer.openVideo(path, opening: opening, isLean: !isProbed, deadline: deadline),
      again.stream == streamIndex
    else { throw changed(at: place) }
    demuxer = again.demuxer
    prepareStream()
    held = -1
    next = 0
  }

  /// Reads on after a seek until it is certain which packet is in hand; nil when it is not.
  private func findPlace(near key: Int) throws(MediaError) -> Int? {
    for _ in 0..<16 {
      guard try readPacket() else { return nil }
      let (position, size) = unsafe (packet.pointer.pointee.pos, packet.pointer.pointee.size)
      let (presentation, decoding) = unsafe (packet.pointer.pointee.pts, packet.pointer.pointee.dts)
      func matches(_ place: Int) -> Bool {
        let record = records[place]
        guard record.size == size, record.position == position else { return false }
        return format.seeksByPosition && position >= 0 || record.presentation == presentation && record.decoding == decoding
      }
      if position >= 0 || presentation != mae_no_timestamp || decoding != mae_no_timestamp {
        if matches(key) { return key }
        let candidates = records.indices.filter(matches)
        if candidates.count == 1 { return candidates[0] }
      }
    }
    return nil
  }
}
