import CFFmpeg

/// Keeps packets in memory, in decoding order.
@safe final class PacketStore {
  private var packets: [UnsafeMutablePointer<AVPacket>] = unsafe []
  private(set) var byteCount = 0

  deinit { removeAll() }

  func append(_ source: borrowing PacketHandle) {
    guard let copy = unsafe av_packet_clone(source.pointer) else { fatalError("out of memory for a packet") }
    unsafe packets.append(copy)
    byteCount += unsafe Int(source.pointer.pointee.size)
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
