import CFFmpeg
import Foundation

/// An opened container: reads packets, seeks, and closes its file when it goes.
///
/// The format is decided by the content of the file alone and must be on the allow-list; nothing else can be opened through it.
@safe final class Demuxer {
  let path: String
  let format: ContainerFormat
  let context: UnsafeMutablePointer<AVFormatContext>
  private let deadline: Deadline

  /// Opens `path`, or returns nil when no allowed format recognises its content.
  static func open(_ path: String, deadline: Deadline) throws(MediaError) -> Demuxer? {
    _ = FFmpegLibrary.prepared
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw MediaError(code: FFmpegCode(-errno), path: path, doing: "opening")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw MediaError(code: FFmpegCode(-EINVAL), path: path, doing: "opening", reason: "not a regular file")
    }
    var interrupt = unsafe deadline.interruptCallback
    var options = OptionsHandle(["protocol_whitelist": "file"])
    var file: UnsafeMutablePointer<AVIOContext>?
    let opened = unsafe avio_open2(&file, "file:" + path, AVIO_FLAG_READ, &interrupt, &options.pointer)
    guard opened >= 0, let file = unsafe file else {
      throw MediaError(code: FFmpegCode(opened), path: path, doing: "opening")
    }
    var description: UnsafePointer<AVInputFormat>?
    let score = unsafe av_probe_input_buffer2(file, &description, nil, nil, 0, 0)
    guard score >= 0, let description = unsafe description,
      let format = unsafe ContainerFormat(allowed: description, score: score)
    else {
      unsafe close(file)
      try deadline.check(path, doing: "opening")
      if score < 0, score != mae_error_invalid_data, score != mae_error_end {
        throw MediaError(code: FFmpegCode(score), path: path, doing: "reading")
      }
      return nil
    }
    return unsafe try Demuxer(path, format, description, file, deadline)
  }

  private init(
    _ path: String, _ format: ContainerFormat, _ description: UnsafePointer<AVInputFormat>,
    _ file: UnsafeMutablePointer<AVIOContext>, _ deadline: Deadline
  ) throws(MediaError) {
    self.path = path
    self.format = format
    self.deadline = deadline
    guard let allocated = unsafe avformat_alloc_context() else {
      unsafe Self.close(file)
      throw MediaError(code: .outOfMemory, path: path, doing: "opening")
    }
    unsafe allocated.pointee.pb = file
    unsafe allocated.pointee.interrupt_callback = deadline.interruptCallback
    unsafe mae_refuse_other_files(allocated)
    var options = OptionsHandle(["protocol_whitelist": "file"])
    var context: UnsafeMutablePointer<AVFormatContext>? = unsafe allocated
    let opened = unsafe avformat_open_input(&context, nil, description, &options.pointer)
    guard opened >= 0, let context = unsafe context else {
      unsafe Self.close(file)
      try deadline.check(path, doing: "reading the header")
      throw MediaError(code: FFmpegCode(opened), path: path, doing: "reading the header")
    }
    unsafe self.context = context
  }

  deinit {
    let file = unsafe context.pointee.pb
    var context: UnsafeMutablePointer<AVFormatContext>? = unsafe context
    unsafe avformat_close_input(&context)
    if let file = unsafe file { unsafe Self.close(file) }
  }

  private static func close(_ file: UnsafeMutablePointer<AVIOContext>) {
    var file: UnsafeMutablePointer<AVIOContext>? = unsafe file
    unsafe avio_closep(&file)
  }

  var streamCount: Int { unsafe Int(context.pointee.nb_streams) }

  func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> { unsafe context.pointee.streams[index]! }

  /// Reads on until FFmpeg knows the streams that the header does not describe.
  func findStreamInformation() throws(MediaError) {
    let result = unsafe avformat_find_stream_info(context, nil)
    try deadline.check(path, doing: "probing the streams")
    guard result >= 0 else { throw MediaError(code: FFmpegCode(result), path: path, doing: "probing the streams") }
  }

  /// Streams with moving pictures; attached covers and thumbnails are not among them.
  var videoStreams: [Int] {
    (0..<streamCount).filter { index in
      let stream = unsafe stream(index)
      return unsafe stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
        && stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
    }
  }

  /// The stream that the `ffmpeg` program would take: with packets, marked default, most pixels, first.
  func chooseVideoStream() -> Int? {
    var best: (index: Int, score: Int)?
    for index in videoStreams {
      let stream = unsafe stream(index)
      let parameters = unsafe stream.pointee.codecpar.pointee
      var score = unsafe Int(parameters.width) * Int(parameters.height)
      if unsafe mae_stream_has_new_packets(stream) != 0 { score += 100_000_000 }
      if unsafe stream.pointee.disposition & AV_DISPOSITION_DEFAULT != 0 { score += 5_000_000 }
      if score > best?.score ?? 0 { best = (index, score) }
    }
    return best?.index ?? videoStreams.first
  }

  /// Tells the demuxer to drop every packet of other streams.
  func keepOnly(stream wanted: Int) {
    for index in 0..<streamCount where index != wanted { unsafe stream(index).pointee.discard = AVDISCARD_ALL }
  }

  /// Reads the next packet; false at the end.
  func read(into packet: borrowing PacketHandle, doing: @autoclosure () -> String) throws(MediaError) -> Bool {
    try deadline.check(path, doing: doing())
    let result = unsafe av_read_frame(context, packet.pointer)
    if result >= 0 { return true }
    try deadline.check(path, doing: doing())
    // A file cut short shows what it has, as the ffmpeg program does.
    return false
  }

  /// Goes to `timestamp` of `stream` or before; false when the container cannot.
  func seek(to timestamp: Int64, stream: Int) -> Bool {
    unsafe av_seek_frame(context, Int32(stream), timestamp, AVSEEK_FLAG_BACKWARD) >= 0
  }
}

extension Demuxer {
  /// Opens `path` and chooses its video stream; nil when it is not media, no stream when it holds no moving or still picture.
  ///
  /// Probing reads ahead and decodes the first frames, often at a higher cost than the clip that is wanted. With `isLean` it is left
  /// out where the header already tells what it would find.
  static func openVideo(
    _ path: String, isLean: Bool = false, deadline: Deadline
  ) throws(MediaError) -> (demuxer: Demuxer, stream: Int?, isProbed: Bool)? {
    guard let demuxer = try open(path, deadline: deadline) else { return nil }
    if isLean, let stream = demuxer.describedStream {
      unsafe demuxer.leaveOutParsing(of: demuxer.stream(stream).pointee.codecpar.pointee.codec_id)
      return (demuxer, stream, false)
    }
    try demuxer.findStreamInformation()
    return (demuxer, demuxer.chooseVideoStream(), true)
  }

  /// Spares the parser that looks into each packet, half the cost of reading it, where it adds nothing: these containers mark key
  /// frames and give times, and packets are inspected here.
  private func leaveOutParsing(of codec: AVCodecID) {
    if codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC { unsafe context.pointee.flags |= AVFMT_FLAG_NOPARSE }
  }

  /// The only video stream, if the container's header says all that a decoder needs to know.
  private var describedStream: Int? {
    let streams = videoStreams
    guard format.hasCompleteHeader, streams.count == 1, let parameters = unsafe stream(streams[0]).pointee.codecpar else {
      return nil
    }
    let needsHeader = [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG4].contains(unsafe parameters.pointee.codec_id)
    let isPlain = [AV_CODEC_ID_VP8, AV_CODEC_ID_VP9, AV_CODEC_ID_AV1].contains(unsafe parameters.pointee.codec_id)
    guard isPlain || needsHeader && (unsafe parameters.pointee.extradata_size > 8) else { return nil }
    return unsafe parameters.pointee.width > 0 && parameters.pointee.height > 0 ? streams[0] : nil
  }
}
