import CFFmpeg
import MAECore

/// An opened encoder of pictures.
@safe final class Encoder {
  let path: String
  let context: UnsafeMutablePointer<AVCodecContext>
  private let frame = FrameHandle()
  private var scaler = unsafe ScalerHandle(nil)
  private var scaledFrom: (FrameSize, PixelChannels)?

  struct Settings {
    var codec: String
    var size: FrameSize
    var frameRate: AVRational
    /// FFmpeg's name; nil: `yuv420p` if the encoder takes it, else its first.
    var pixelFormat: String?
    var options: [String: String]
    var hasGlobalHeader = false
  }

  /// The first encoder of a list that the installed FFmpeg has.
  static func firstAvailable(_ names: [String]) -> String? {
    names.first { unsafe avcodec_find_encoder_by_name($0) != nil }
  }

  init(_ path: String, _ settings: Settings) throws(MediaError) {
    _ = FFmpegLibrary.prepared
    self.path = path
    guard let codec = unsafe avcodec_find_encoder_by_name(settings.codec), let context = unsafe avcodec_alloc_context3(codec)
    else {
      throw MediaError(
        code: .noEncoder, path: path, doing: "opening the encoder",
        reason: "the installed FFmpeg has no encoder \(settings.codec)")
    }
    unsafe self.context = context
    unsafe context.pointee.width = Int32(settings.size.width)
    unsafe context.pointee.height = Int32(settings.size.height)
    unsafe context.pointee.time_base = AVRational(num: settings.frameRate.den, den: settings.frameRate.num)
    unsafe context.pointee.framerate = settings.frameRate
    unsafe context.pointee.thread_count = 1
    let format = settings.pixelFormat.map { unsafe av_get_pix_fmt($0) } ?? AV_PIX_FMT_YUV420P
    unsafe context.pointee.pix_fmt = format
    if settings.hasGlobalHeader { unsafe context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    if mae_is_pixel_format(format.rawValue, UInt64(AV_PIX_FMT_FLAG_RGB)) == 0 {
      // swscale converts with the BT.601 matrix; saying so keeps players from guessing another one.
      unsafe context.pointee.colorspace = AVCOL_SPC_SMPTE170M
      unsafe context.pointee.color_range = settings.codec == "mjpeg" ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    }
    var options = OptionsHandle(settings.options)
    let opened = unsafe avcodec_open2(context, codec, &options.pointer)
    guard opened >= 0 else {
      throw MediaError(
        code: FFmpegCode(opened), path: path, doing: "opening the encoder \(settings.codec) for \(settings.size) pixels")
    }
    unsafe frame.pointer.pointee.format = format.rawValue
    unsafe frame.pointer.pointee.width = context.pointee.width
    unsafe frame.pointer.pointee.height = context.pointee.height
    unsafe frame.pointer.pointee.colorspace = context.pointee.colorspace
    unsafe frame.pointer.pointee.color_range = context.pointee.color_range
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&context)
  }

  /// Gives a picture of the encoder's size to it.
  func send(_ image: Image, time: Int64) throws(MediaError) {
    try prepareScaler(image.size, image.channels)
    let picture = unsafe frame.pointer
    var result = renewBuffer()
    if result >= 0 {
      result = unsafe image.pixels.withUnsafeBufferPointer { pixels in
        let source: [UnsafePointer<UInt8>?] = unsafe [pixels.baseAddress, nil, nil, nil]
        let strides: [Int32] = [Int32(image.size.width * image.channels.count), 0, 0, 0]
        return unsafe withUnsafePointer(to: picture.pointee.data) { planes in
          unsafe planes.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) { planes in
            unsafe withUnsafePointer(to: picture.pointee.linesize) { lines in
              unsafe lines.withMemoryRebound(to: Int32.self, capacity: 8) { lines in
                unsafe sws_scale(scaler.pointer, source, strides, 0, Int32(image.size.height), planes, lines)
              }
            }
          }
        }
      }
    }
    unsafe picture.pointee.pts = time
    if result >= 0 { result = unsafe avcodec_send_frame(context, picture) }
    guard result >= 0 else { throw MediaError(code: FFmpegCode(result), path: path, doing: "encoding picture \(time)") }
  }

  /// Gives a picture of labels of the encoder's size to it, whose pixels are numbers of a palette.
  func send(_ labels: LabelPicture) throws(MediaError) {
    let picture = unsafe frame.pointer
    var result = renewBuffer()
    if result >= 0, let pixels = unsafe picture.plane(0), let colours = unsafe picture.plane(1) {
      for (place, id) in labels.ids.enumerated() {
        let (row, column) = place.quotientAndRemainder(dividingBy: labels.size.width)
        unsafe pixels.start[row * pixels.stride + column] = id
      }
      // A colour is a word of opacity, red, green and blue, in the machine's order of bytes.
      for (index, colour) in LabelPicture.palette.enumerated() {
        let word = 0xff00_0000 | UInt32(colour.red) << 16 | UInt32(colour.green) << 8 | UInt32(colour.blue)
        unsafe UnsafeMutableRawPointer(colours.start).storeBytes(of: word, toByteOffset: 4 * index, as: UInt32.self)
      }
    }
    unsafe picture.pointee.pts = 0
    if result >= 0 { result = unsafe avcodec_send_frame(context, picture) }
    guard result >= 0 else { throw MediaError(code: FFmpegCode(result), path: path, doing: "encoding labels") }
  }

  /// Gives the frame a fresh buffer: the encoder may still hold the last picture.
  private func renewBuffer() -> Int32 {
    let picture = unsafe frame.pointer
    unsafe av_buffer_unref(&picture.pointee.buf.0)
    for plane in 1..<4 { unsafe releaseBuffer(plane, of: picture) }
    return unsafe av_frame_get_buffer(picture, 0)
  }

  private func releaseBuffer(_ plane: Int, of picture: UnsafeMutablePointer<AVFrame>) {
    switch plane {
    case 1: unsafe av_buffer_unref(&picture.pointee.buf.1)
    case 2: unsafe av_buffer_unref(&picture.pointee.buf.2)
    default: unsafe av_buffer_unref(&picture.pointee.buf.3)
    }
  }

  func finish() { unsafe avcodec_send_frame(context, nil) }

  /// Takes the next packet; false when the encoder wants more pictures or is done.
  func receive(into packet: borrowing PacketHandle) throws(MediaError) -> Bool {
    let result = unsafe avcodec_receive_packet(context, packet.pointer)
    if result == mae_error_again || result == mae_error_end { return false }
    guard result >= 0 else { throw MediaError(code: FFmpegCode(result), path: path, doing: "encoding") }
    return true
  }

  private func prepareScaler(_ size: FrameSize, _ channels: PixelChannels) throws(MediaError) {
    if let scaledFrom, scaledFrom == (size, channels) { return }
    let format =
      switch channels {
      case .grey: AV_PIX_FMT_GRAY8
      case .rgb: AV_PIX_FMT_RGB24
      case .rgba: AV_PIX_FMT_RGBA
      }
    let flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT
    scaler = unsafe ScalerHandle(
      sws_getContext(
        Int32(size.width), Int32(size.height), format, context.pointee.width, context.pointee.height, context.pointee.pix_fmt,
        flags, nil, nil, nil))
    guard unsafe scaler.pointer != nil else {
      throw MediaError(code: FFmpegCode(-22), path: path, doing: "converting pictures of \(size) pixels")
    }
    let matrix = unsafe sws_getCoefficients(Int32(AVCOL_SPC_SMPTE170M.rawValue))
    let isFull = unsafe context.pointee.color_range == AVCOL_RANGE_JPEG
    unsafe sws_setColorspaceDetails(scaler.pointer, matrix, 1, matrix, isFull ? 1 : 0, 0, 1 << 16, 1 << 16)
    scaledFrom = (size, channels)
  }
}
