import CFFmpeg

/// Keeps packets in memory, in decoding order.
@safe final class PacketStore {
  private var packets: [UnsafeMutablePointer<AVPacket>] = unsafe []
  private(set) var byteCount = 0

  deinit { removeAll() }

  /// Takes the packet over; the handle is left empty.
  func append(_ source: borrowing PacketHandle) {
    guard let packet = unsafe av_packet_alloc() else { fatalError("out of memory for a packet") }
    unsafe av_packet_move_ref(packet, source.pointer)
    unsafe packets.append(packet)
    byteCount += unsafe Int(packet.pointee.size)
  }

  func removeAll() {
    for index in unsafe packets.indices {
      var packet: UnsafeMutablePointer<AVPacket>? = unsafe packets[index]
      unsafe av_packet_free(&packet)
    }
    unsafe packets.removeAll()
    byteCount = 0
  }

  subscript(place: Int) -> UnsafeMutablePointer<AVPacket> { unsafe packets[place] }
}
