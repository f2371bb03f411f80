import CFFmpeg
import Foundation
import MAEFoundation

/// Writes one stream of packets into a container file.
@safe final class Muxer {
  let path: String
  private let context: UnsafeMutablePointer<AVFormatContext>
  private var hasHeader = false

  /// - Parameters:
  ///   - path: decides the container, and stands in messages.
  ///   - place: where the bytes go.
  init(_ path: String, writingTo place: String) throws(MediaError) {
    _ = FFmpegLibrary.prepared
    self.path = path
    guard let format = unsafe av_guess_format(nil, path, nil) else {
      throw MediaError(
        .cannotCreate, code: .invalidData, path: path, doing: "creating", reason: "no container format fits this file name")
    }
    var allocated: UnsafeMutablePointer<AVFormatContext>?
    // The container opens the file again by this name to put its index first.
    let result = unsafe ("file:" + place).withPath { unsafe avformat_alloc_output_context2(&allocated, format, nil, $0) }
    guard result >= 0, let context = unsafe allocated else {
      throw MediaError(.cannotCreate, code: FFmpegCode(min(result, -1)), path: path, doing: "creating")
    }
    unsafe self.context = context
    var file: UnsafeMutablePointer<AVIOContext>?
    let opened = unsafe ("file:" + place).withPath { unsafe avio_open(&file, $0, AVIO_FLAG_WRITE) }
    guard opened >= 0 else { throw MediaError(.cannotCreate, code: FFmpegCode(opened), path: path, doing: "creating") }
    unsafe context.pointee.pb = file
  }

  deinit {
    unsafe avio_closep(&context.pointee.pb)
    unsafe avformat_free_context(context)
  }

  var wantsGlobalHeader: Bool { unsafe context.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 }

  /// Describes the stream and writes the header.
  func start(_ encoder: Encoder) throws(MediaError) {
    guard let stream = unsafe avformat_new_stream(context, nil) else {
      throw MediaError(code: .outOfMemory, path: path, doing: "creating")
    }
    unsafe avcodec_parameters_from_context(stream.pointee.codecpar, encoder.context)
    unsafe stream.pointee.time_base = encoder.context.pointee.time_base
    unsafe stream.pointee.avg_frame_rate = encoder.context.pointee.framerate
    var options = OptionsHandle(["movflags": "+faststart"])
    let result = unsafe avformat_write_header(context, &options.pointer)
    guard result >= 0 else { throw failure(result, "writing the header") }
    hasHeader = true
  }

  func write(_ packet: borrowing PacketHandle, from encoder: Encoder) throws(MediaError) {
    if unsafe packet.pointer.pointee.duration == 0 { unsafe packet.pointer.pointee.duration = 1 }
    unsafe av_packet_rescale_ts(packet.pointer, encoder.context.pointee.time_base, context.pointee.streams[0]!.pointee.time_base)
    let result = unsafe av_interleaved_write_frame(context, packet.pointer)
    guard result >= 0 else { throw failure(result, "writing") }
  }

  func finish() throws(MediaError) {
    let result = unsafe av_write_trailer(context)
    guard result >= 0 else { throw failure(result, "completing the file") }
    // What the last bytes met shows only here.
    unsafe avio_flush(context.pointee.pb)
    let written = unsafe context.pointee.pb.pointee.error
    guard written >= 0 else { throw failure(written, "completing the file") }
    let closed = unsafe avio_closep(&context.pointee.pb)
    guard closed >= 0 else { throw failure(closed, "completing the file") }
  }

  private func failure(_ result: Int32, _ doing: String) -> MediaError {
    let isFull = result == -ENOSPC || result == -EDQUOT
    return MediaError(
      .inputOutput, code: FFmpegCode(result), path: path, doing: doing,
      reason: isFull ? "the disk is full; free some space and start again" : nil)
  }
}
