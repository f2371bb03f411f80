import CFFmpeg

/// An opened decoder of one stream, with one thread.
///
/// Packets carry their place in the stream instead of their time, so each frame says which packet it came from.
@safe final class Decoder {
  let path: String
  let context: UnsafeMutablePointer<AVCodecContext>

  /// - Parameter startsAnywhere: gives out frames although the decoder cannot know that they are whole, because it was not
  ///   started at the beginning of the stream. The caller then vouches for them.
  init(
    _ path: String, _ stream: UnsafeMutablePointer<AVStream>, startsAnywhere: Bool,
    pixelLimit: Int = FFmpegLibrary.videoPixelLimit
  )
    throws(MediaError)
  {
    self.path = path
    let parameters = unsafe stream.pointee.codecpar!
    guard let codec = unsafe avcodec_find_decoder(parameters.pointee.codec_id) else {
      let name = unsafe String(cString: avcodec_get_name(parameters.pointee.codec_id))
      throw MediaError(
        code: .noDecoder, path: path, doing: "opening the decoder", reason: "the installed FFmpeg cannot decode \(name)")
    }
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw MediaError(code: .outOfMemory, path: path, doing: "opening the decoder")
    }
    unsafe self.context = context
    unsafe avcodec_parameters_to_context(context, parameters)
    unsafe context.pointee.pkt_timebase = stream.pointee.time_base
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.max_pixels = Int64(pixelLimit)
    if startsAnywhere { unsafe context.pointee.flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT }
    let opened = unsafe avcodec_open2(context, codec, nil)
    guard opened >= 0 else { throw MediaError(code: FFmpegCode(opened), path: path, doing: "opening the decoder") }
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&context)
  }

  /// Gives the decoder the packet at `place` in decoding order; false when the packet is refused as broken.
  ///
  /// The packet's presentation time is overwritten with the place.
  ///
  /// - Precondition: all frames that were ready have been received.
  func send(_ packet: UnsafeMutablePointer<AVPacket>, place: Int, skippingUnreferenced: Bool) -> Bool {
    unsafe packet.pointee.pts = Int64(place)
    unsafe context.pointee.skip_frame = skippingUnreferenced ? AVDISCARD_NONREF : AVDISCARD_DEFAULT
    return unsafe avcodec_send_packet(context, packet) >= 0
  }

  /// Tells the decoder that nothing follows, so that it gives out the frames it holds back.
  func finish() { unsafe avcodec_send_packet(context, nil) }

  /// Forgets everything but the headers: the next packet starts anew.
  func flush() { unsafe avcodec_flush_buffers(context) }

  enum Reply { case frame, nothing, broken }

  func receive(into frame: borrowing FrameHandle) -> Reply {
    let result = unsafe avcodec_receive_frame(context, frame.pointer)
    if result >= 0 { return .frame }
    return result == mae_error_again || result == mae_error_end ? .nothing : .broken
  }
}
