import CFFmpeg

/// Owns one `AVPacket`.
@safe struct PacketHandle: ~Copyable {
  let pointer: UnsafeMutablePointer<AVPacket>

  init() {
    guard let packet = unsafe av_packet_alloc() else { fatalError("out of memory for a packet") }
    unsafe pointer = packet
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe pointer
    unsafe av_packet_free(&packet)
  }
}

/// Owns one `AVFrame`; its buffers are released with it.
@safe struct FrameHandle: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFrame>

  init() {
    _ = FFmpegLibrary.prepared
    guard let frame = unsafe av_frame_alloc() else { fatalError("out of memory for a frame") }
    unsafe pointer = frame
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe pointer
    unsafe av_frame_free(&frame)
  }
}

/// Owns one `SwsContext`, or none yet.
@safe struct ScalerHandle: ~Copyable {
  let pointer: OpaquePointer?

  init(_ pointer: OpaquePointer?) { unsafe self.pointer = pointer }

  deinit { unsafe sws_freeContext(pointer) }
}

/// Owns one `AVDictionary` of options for an FFmpeg call, which takes out what it knows.
@safe struct OptionsHandle: ~Copyable {
  var pointer: OpaquePointer?

  init(_ values: [String: String]) {
    var dictionary: OpaquePointer?
    for (key, value) in values { unsafe av_dict_set(&dictionary, key, value, 0) }
    unsafe pointer = dictionary
  }

  deinit {
    var dictionary = unsafe pointer
    unsafe av_dict_free(&dictionary)
  }
}
