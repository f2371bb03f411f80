import CFFmpeg
import MAECore

/// Size, pixel layout and orientation of the pictures of a stream: known from the first decoded frame, from probing, or from the
/// first packet's headers alone.
@safe struct PictureProperties {
  /// As stored, before turning.
  let size: FrameSize
  /// FFmpeg's number of the pixel layout.
  let pixelFormat: Int32
  /// nil for angles that are not quarter turns.
  let orientation: Orientation?
  /// Width of a stored pixel divided by its height; 0 = unknown.
  let pixelAspect: Double

  init(_ frame: UnsafePointer<AVFrame>, _ stream: UnsafePointer<AVStream>) {
    size = unsafe FrameSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
    pixelFormat = unsafe frame.pointee.format
    orientation = unsafe Orientation(matrix: mae_frame_display_matrix(frame) ?? mae_stream_display_matrix(stream))
    let aspect = unsafe stream.pointee.sample_aspect_ratio.seconds
    pixelAspect = aspect > 0 ? aspect : unsafe frame.pointee.sample_aspect_ratio.seconds
  }

  /// What probing found; nil where a frame may look otherwise.
  init?(probed stream: UnsafePointer<AVStream>) {
    let parameters = unsafe stream.pointee.codecpar.pointee
    size = unsafe FrameSize(width: Int(parameters.width), height: Int(parameters.height))
    pixelFormat = unsafe parameters.format
    guard [AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4].contains(unsafe parameters.codec_id),
      size.width > 0, size.height > 0, size.pixelCount <= FFmpegLibrary.videoPixelLimit, pixelFormat >= 0
    else { return nil }
    orientation = unsafe Orientation(matrix: mae_stream_display_matrix(stream))
    let aspect = unsafe stream.pointee.sample_aspect_ratio.seconds
    pixelAspect = aspect > 0 ? aspect : unsafe parameters.sample_aspect_ratio.seconds
  }

  /// What the layer of an MPEG-4 stream says; nil when that makes no sense.
  init?(_ layer: MPEG4Layer, of stream: UnsafePointer<AVStream>) {
    size = layer.size
    pixelFormat = AV_PIX_FMT_YUV420P.rawValue
    guard size.width > 0, size.height > 0, size.pixelCount <= FFmpegLibrary.videoPixelLimit else { return nil }
    orientation = unsafe Orientation(matrix: mae_stream_display_matrix(stream))
    let aspect = unsafe stream.pointee.sample_aspect_ratio.seconds
    pixelAspect = aspect > 0 ? aspect : layer.pixelAspect
  }

  /// Asks FFmpeg's parser, which decodes no picture; nil when it does not tell.
  init?(parsing packet: UnsafePointer<AVPacket>, of stream: UnsafePointer<AVStream>) {
    let parameters = unsafe stream.pointee.codecpar!
    guard [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC].contains(unsafe parameters.pointee.codec_id),
      let parser = unsafe av_parser_init(Int32(parameters.pointee.codec_id.rawValue))
    else { return nil }
    defer { unsafe av_parser_close(parser) }
    var context = unsafe avcodec_alloc_context3(nil)
    defer { unsafe avcodec_free_context(&context) }
    unsafe avcodec_parameters_to_context(context, parameters)
    unsafe parser.pointee.flags |= PARSER_FLAG_COMPLETE_FRAMES
    var output: UnsafeMutablePointer<UInt8>?
    var count: Int32 = 0
    _ = unsafe av_parser_parse2(
      parser, context, &output, &count, packet.pointee.data, packet.pointee.size, mae_no_timestamp, mae_no_timestamp, 0)
    size = unsafe FrameSize(width: Int(parser.pointee.width), height: Int(parser.pointee.height))
    pixelFormat = unsafe parser.pointee.format
    guard size.width > 0, size.height > 0, size.pixelCount <= FFmpegLibrary.videoPixelLimit, pixelFormat >= 0 else { return nil }
    orientation = unsafe Orientation(matrix: mae_stream_display_matrix(stream))
    let aspect = unsafe stream.pointee.sample_aspect_ratio.seconds
    pixelAspect = aspect > 0 ? aspect : unsafe context?.pointee.sample_aspect_ratio.seconds ?? 0
  }
}
