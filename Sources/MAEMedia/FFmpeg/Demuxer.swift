import CFFmpeg
import Foundation
import MAEFoundation

/// An opened container: reads packets, seeks, and closes its file when it goes.
///
/// The format is decided by the content of the file alone and must be on the allow-list; nothing else can be opened through it.
@safe final class Demuxer {
  let path: String
  let format: ContainerFormat
  let context: UnsafeMutablePointer<AVFormatContext>
  private let bytes: InputBytes
  private let deadline: Deadline

  /// Opens `path`, or returns nil when no allowed format recognises its content.
  ///
  static func open(
    _ path: String, opening: FileOpening = PatientFile.opening, deadline: Deadline
  ) throws(MediaError) -> Demuxer? {
    _ = FFmpegLibrary.prepared
    let bytes = try InputBytes(path, open: opening, deadline: deadline)
    var description: UnsafePointer<AVInputFormat>?
    var score = unsafe av_probe_input_buffer2(bytes.context, &description, nil, nil, 0, Self.shortProbe)
    // What neither its beginning nor its name tells is hardly ever media, and a long look takes sixteen times as long.
    if score == mae_error_invalid_data, MediaProbe.isNamedLikeMedia(path) {
      score = unsafe av_probe_input_buffer2(bytes.context, &description, nil, nil, 0, 0)
    }
    try bytes.check(doing: "opening")
    if score >= 0, let name = unsafe description?.pointee.name, unsafe String(cString: name) == "jpeg_pipe",
      ConcatenatedJPEG.isRecording(size: bytes.size, peek: bytes.peek)
    {
      unsafe description = av_find_input_format("mjpeg")
    }
    guard score >= 0, let description = unsafe description,
      let format = unsafe ContainerFormat(allowed: description, score: score),
      format.mayBegin(with: ByteView(bytes.peek(at: 0, 4096)), score: score)
    else {
      if score < 0, score != mae_error_invalid_data, score != mae_error_end {
        throw MediaError(code: FFmpegCode(score), path: path, doing: "reading")
      }
      return nil
    }
    return unsafe try Demuxer(format, description, bytes, deadline)
  }

  /// Bytes by which nearly all formats are recognised.
  private static let shortProbe: UInt32 = 64 << 10

  private init(
    _ format: ContainerFormat, _ description: UnsafePointer<AVInputFormat>, _ bytes: InputBytes, _ deadline: Deadline
  ) throws(MediaError) {
    path = bytes.path
    self.format = format
    self.bytes = bytes
    self.deadline = deadline
    guard let allocated = unsafe avformat_alloc_context() else {
      throw MediaError(code: .outOfMemory, path: bytes.path, doing: "opening")
    }
    unsafe allocated.pointee.pb = bytes.context
    unsafe allocated.pointee.interrupt_callback = deadline.interruptCallback
    unsafe mae_refuse_other_files(allocated)
    var options = OptionsHandle(["protocol_whitelist": "file"])
    var context: UnsafeMutablePointer<AVFormatContext>? = unsafe allocated
    let opened = unsafe avformat_open_input(&context, nil, description, &options.pointer)
    guard opened >= 0, let context = unsafe context else {
      try bytes.check(doing: "reading the header")
      throw MediaError(
        code: FFmpegCode(opened), path: bytes.path, doing: "reading the header",
        reason: format.isMP4 ? Self.defect(ofBoxesIn: bytes) : nil)
    }
    unsafe self.context = context
    try bytes.check(doing: "reading the header")
  }

  /// What is wrong with an MP4 whose header cannot be read, as far as its boxes tell (ISO/IEC 14496-12, 4.2).
  private static func defect(ofBoxesIn bytes: InputBytes) -> String {
    var place: Int64 = 0
    for _ in 0..<64 {
      let head = ByteView(bytes.peek(at: place, 16))
      guard let size = head.number(4, at: 0), let name = head.name(at: 4) else { break }
      if ["styp", "sidx", "moof"].contains(name) {
        return "a piece of a stream without the header (moov) that its pieces share; put that in front, or get the whole video"
      }
      let length = size == 1 ? head.number(8, at: 8) ?? 0 : size
      guard length >= 8, length <= bytes.size - place else { break }
      if name == "moov" { return "its header (moov) is damaged" }
      place += Int64(length)
    }
    return "an unfinished recording or download: the index (moov) that tells its frames is missing"
  }

  deinit {
    var context: UnsafeMutablePointer<AVFormatContext>? = unsafe context
    unsafe avformat_close_input(&context)
  }

  var streamCount: Int { unsafe Int(context.pointee.nb_streams) }

  func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> { unsafe context.pointee.streams[index]! }

  /// Reads on until FFmpeg knows the streams that the header does not describe.
  func findStreamInformation() throws(MediaError) {
    let result = unsafe avformat_find_stream_info(context, nil)
    try bytes.check(doing: "probing the streams")
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
    try bytes.check(doing: doing())
    // A file cut short shows what it has, as the ffmpeg program does.
    guard result >= 0 else { return false }
    deadline.restart()
    return true
  }

  /// Goes to a time or a byte of the file, or a little before; false when the container cannot.
  func seek(to target: Int64, byPosition: Bool, stream: Int) -> Bool {
    unsafe av_seek_frame(context, Int32(stream), target, byPosition ? AVSEEK_FLAG_BYTE : AVSEEK_FLAG_BACKWARD) >= 0
  }
}

extension Demuxer {
  /// Opens `path` and chooses its video stream; nil when it is not media, no stream when it holds no moving or still picture.
  ///
  /// Probing reads ahead and decodes the first frames, often at a higher cost than the clip that is wanted. With `isLean` it is
  /// left out where the header already tells what it would find.
  static func openVideo(
    _ path: String, opening: FileOpening = PatientFile.opening, isLean: Bool = false, deadline: Deadline
  ) throws(MediaError) -> (demuxer: Demuxer, stream: Int?, isProbed: Bool)? {
    guard let demuxer = try open(path, opening: opening, deadline: deadline) else { return nil }
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
    if [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC].contains(codec) || !format.hasPresentationTimes {
      unsafe context.pointee.flags |= AVFMT_FLAG_NOPARSE
    }
  }

  /// The only video stream, if the container's header says all that a decoder needs to know.
  private var describedStream: Int? {
    let streams = videoStreams
    guard streams.count == 1, let parameters = unsafe stream(streams[0]).pointee.codecpar,
      unsafe parameters.pointee.width > 0 && parameters.pointee.height > 0
    else { return nil }
    let codec = unsafe parameters.pointee.codec_id
    // In AVI the first packet has the headers; see VideoOpening.
    if !format.hasPresentationTimes { return codec == AV_CODEC_ID_MPEG4 ? streams[0] : nil }
    let needsHeader = [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG4].contains(codec)
    let isPlain = [AV_CODEC_ID_VP8, AV_CODEC_ID_VP9, AV_CODEC_ID_AV1].contains(codec)
    guard format.hasCompleteHeader, isPlain || needsHeader && (unsafe parameters.pointee.extradata_size > 8) else { return nil }
    return streams[0]
  }
}
