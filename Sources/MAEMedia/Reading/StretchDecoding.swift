import CFFmpeg

/// A frame that was decoded to find out what is shown.
struct DecodedFrame {
  var shown: ShownFrame
  var checksum: UInt32
}

/// Decodes packets one after the other and notes what comes out.
@safe struct StretchDecoding: ~Copyable {
  private(set) var frames: [DecodedFrame] = []
  private let source: PacketSource
  private let decoder: Decoder
  private let frame = FrameHandle()
  private var place: Int

  /// From the beginning of the stream exactly as the `ffmpeg` program does; from elsewhere at a key frame.
  init(_ source: PacketSource, from start: Int) throws(MediaError) {
    self.source = source
    decoder = unsafe try Decoder(source.path, source.stream, startsAnywhere: start > 0)
    place = start
  }

  /// Decodes the next packet.
  mutating func advance() throws(MediaError) {
    _ = unsafe decoder.send(try source.packet(at: place), place: place, skippingUnreferenced: false)
    take(trigger: Int32(place))
    place += 1
  }

  /// Nothing follows: takes what the decoder holds back.
  mutating func finish() {
    decoder.finish()
    take(trigger: nil)
  }

  private mutating func take(trigger: Int32?) {
    while decoder.receive(into: frame) == .frame {
      // Of several frames of a packet only the first one carries its place.
      let place = unsafe Int32(exactly: frame.pointer.pointee.pts) ?? frames.last?.shown.place ?? 0
      frames.append(
        DecodedFrame(shown: ShownFrame(place: place, trigger: trigger), checksum: unsafe pictureChecksum(of: frame.pointer)))
    }
  }
}
