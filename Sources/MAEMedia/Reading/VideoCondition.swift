import CFFmpeg
import MAECore

/// What decoding every frame of a video tells of its condition.
public struct VideoCondition: Codable, Hashable, Sendable {
  /// What the decoder, and what takes packets out of the file, complained about: damaged pictures, missing references, wrong
  /// checksums.
  public var complaints: Int
  /// Seconds from the first shown frame to the first complaint.
  public var firstTime: Double?
  /// The first complaint in the decoder's own words.
  public var first: String?

  /// Whether the decoder had nothing to complain about.
  public var isGood: Bool { complaints == 0 }
}

extension VideoReader {
  /// Decodes the whole video from its beginning, as the `ffmpeg` program does, and counts what the decoder complains about.
  ///
  /// - Throws: ``MediaError`` when reading fails or none of its frames can be decoded.
  public func condition() throws(MediaError) -> VideoCondition {
    let complaints = Complaints()
    let decoder = unsafe try Decoder(path, source.stream, startsAnywhere: false)
    unsafe decoder.context.pointee.err_recognition |= AV_EF_CRCCHECK
    // The packets were read before, when nobody listened.
    let rereading = try Rereading(path, stream: source.streamIndex, opening: options.opening, deadline: deadline)
    let frame = FrameHandle()
    var frames = 0
    var firstPlace: Int?
    for place in 0...index.packets.count {
      let before = complaints.count
      try Complaints.$current.withValue(complaints) { Result { () throws(MediaError) in try rereading.advance() } }.get()
      let packet = unsafe place < index.packets.count ? try source.packet(at: place) : nil
      let isWhole = Complaints.$current.withValue(complaints) {
        var isWhole = true
        if let packet = unsafe packet {
          isWhole = unsafe decoder.send(packet, place: place, skippingUnreferenced: false)
        } else {
          decoder.finish()
        }
        var reply = decoder.receive(into: frame)
        while reply == .frame {
          frames += 1
          if unsafe frame.pointer.pointee.decode_error_flags != 0 { isWhole = false }
          reply = decoder.receive(into: frame)
        }
        return isWhole && reply != .broken
      }
      // Some decoders mend in silence.
      if !isWhole, complaints.count == before { complaints.add("a packet that cannot be decoded whole") }
      if complaints.count > before { firstPlace = firstPlace ?? place }
    }
    guard frames > 0 else {
      throw MediaError(code: .invalidData, path: path, doing: "decoding", reason: "none of its frames can be decoded")
    }
    if complaints.count == 0, index.irregularity == .damagedPackets { complaints.add("packets that were lost or cut") }
    return VideoCondition(complaints: complaints.count, firstTime: firstPlace.map(time), first: complaints.first)
  }

  /// When the frame of a packet is shown, or one near it.
  private func time(of place: Int) -> Double {
    let frame = index.packetOfFrame.firstIndex { Int($0) >= place } ?? max(0, index.frameCount - 1)
    return index.times.isEmpty ? 0 : index.times[frame]
  }
}

/// Takes the packets of a stream out of its file once more.
private struct Rereading: ~Copyable {
  private let demuxer: Demuxer?
  private let stream: Int
  private let packet = PacketHandle()

  init(_ path: String, stream: Int, opening: FileOpening, deadline: Deadline) throws(MediaError) {
    self.stream = stream
    demuxer = try Demuxer.open(path, opening: opening, deadline: deadline)
  }

  /// Reads the next packet with content, if there is one.
  func advance() throws(MediaError) {
    guard let demuxer else { return }
    demuxer.keepOnly(stream: stream)
    var isFound = false
    while !isFound, try demuxer.read(into: packet, doing: "reading") {
      isFound = unsafe packet.pointer.pointee.stream_index == Int32(stream) && packet.pointer.pointee.size > 0
      unsafe av_packet_unref(packet.pointer)
    }
  }
}
