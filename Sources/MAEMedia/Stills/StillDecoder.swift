import CFFmpeg
import Foundation
import MAECore

/// Decodes coded pictures one by one, and notices what a decoder leaves out without a word.
@safe final class StillDecoder {
  /// Pixels of the largest picture that is decoded.
  static let pixelLimit = 1 << 27

  private let path: String
  private let codec: UnsafePointer<AVCodec>
  private let header: [UInt8]
  private let reduction: Int
  private let allowsTruncated: Bool
  /// Each byte of a picture before the decoder writes it.
  private var fill: UInt8 = 0
  /// The size for which memory was refused.
  private var refusedSize: FrameSize?

  /// - Parameters:
  ///   - header: What the decoder must know before the first picture.
  ///   - reduction: Halvings of both sides that the decoder does by itself.
  ///   - allowsTruncated: Takes what there is of a picture; the rest is grey.
  /// - Throws: ``MediaError`` when FFmpeg was built without such a decoder.
  init(
    path: String, codec: AVCodecID, header: [UInt8] = [], reduction: Int = 0, allowsTruncated: Bool
  ) throws(MediaError) {
    guard let decoder = unsafe avcodec_find_decoder(codec) else {
      let name = unsafe String(cString: avcodec_get_name(codec))
      throw MediaError(
        code: .noDecoder, path: path, doing: "opening the decoder",
        reason: "its picture is coded as \(name), for which the installed FFmpeg has no decoder")
    }
    self.path = path
    unsafe self.codec = decoder
    self.header = header
    self.reduction = reduction
    self.allowsTruncated = allowsTruncated
  }

  /// Decodes one picture.
  ///
  /// - Throws: ``MediaError`` when it is damaged, too large, or ends too early and that is not allowed.
  func decode(_ picture: [UInt8], into frame: borrowing FrameHandle) throws(MediaError) {
    guard !allowsTruncated else { return try run(picture, fill: 0x80, into: frame) }
    try run(picture, fill: 0x5b, into: frame)
    let suspects = rows(endingIn: 0x5b, of: frame)
    guard !suspects.isEmpty else { return }
    // The picture may have this value itself: only what the decoder never wrote follows the fill.
    try run(picture, fill: 0xa4, into: frame)
    if !suspects.isDisjoint(with: rows(endingIn: 0xa4, of: frame)) {
      throw endIsMissing("rows of the picture are not there")
    }
  }

  /// Whether the picture in `frame` is the same when something stands behind its bytes: it is not when the decoder went on
  /// reading where they ended, and said nothing.
  func isWhole(_ picture: [UInt8], decodedAs frame: borrowing FrameHandle) -> Bool {
    let other = FrameHandle()
    let more = (0..<Int32(1 << 16)).map { UInt8(truncatingIfNeeded: $0 &* 0x5bd1 >> 3) | 1 }
    guard (try? run(picture + more, fill: 0x5b, into: other)) != nil else { return true }
    let first = unsafe frame.pointer.pointee
    let second = unsafe other.pointer.pointee
    guard unsafe (first.format, first.width, first.height) == (second.format, second.width, second.height) else { return false }
    return unsafe forEachRow(of: frame) { plane, row, bytes in
      guard let place = unsafe other.pointer.plane(plane) else { return false }
      return unsafe memcmp(bytes.baseAddress!, place.start + row * place.stride, bytes.count) == 0
    }
  }

  /// What `--allow-truncated` can do about it is said where it can: other decoders give nothing of a picture without its end.
  func endIsMissing(_ detail: String) -> MediaError {
    let codec = unsafe codec.pointee.id
    return Self.endIsMissing(
      path, detail, canBeTaken: [AV_CODEC_ID_MJPEG, AV_CODEC_ID_GIF, AV_CODEC_ID_JPEGLS, AV_CODEC_ID_QOI].contains(codec))
  }

  static func endIsMissing(_ path: String, _ detail: String, canBeTaken: Bool = false) -> MediaError {
    MediaError(
      code: .invalidData, path: path, doing: "decoding its picture",
      reason: "its end is missing: \(detail); get the file again"
        + (canBeTaken ? ", or take what there is with --allow-truncated" : ""))
  }

  /// What a decoder's codes for bad data mean of a picture.
  static let isDamaged = "the picture is damaged or cut short"

  static func tooLarge(_ path: String, _ size: FrameSize, limit: Int = pixelLimit) -> MediaError {
    let megapixels = Int((Double(size.width) * Double(size.height) / 1e6).rounded())
    return MediaError(
      code: .invalidData, path: path, doing: "decoding its picture",
      reason: "too large: \(size) are \(megapixels) megapixels, and at most \(limit / 1_000_000) are read; make it smaller")
  }

  private func run(_ picture: [UInt8], fill: UInt8, into frame: borrowing FrameHandle) throws(MediaError) {
    self.fill = fill
    guard let allocated = unsafe avcodec_alloc_context3(codec) else {
      throw MediaError(code: .outOfMemory, path: path, doing: "opening the decoder")
    }
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe allocated
    defer { unsafe avcodec_free_context(&context) }
    unsafe setUp(allocated)
    let opened = unsafe avcodec_open2(allocated, codec, nil)
    guard opened >= 0 else { throw MediaError(code: FFmpegCode(opened), path: path, doing: "opening the decoder") }
    let packet = PacketHandle()
    let result = unsafe picture.withUnsafeBufferPointer { bytes in
      // Without a buffer of its own the packet is copied, with room behind it for decoders that read ahead.
      unsafe packet.pointer.pointee.data = UnsafeMutablePointer(mutating: bytes.baseAddress)
      unsafe packet.pointer.pointee.size = Int32(bytes.count)
      unsafe packet.pointer.pointee.flags = AV_PKT_FLAG_KEY
      let sent = unsafe avcodec_send_packet(allocated, packet.pointer)
      guard sent >= 0 else { return sent }
      unsafe avcodec_send_packet(allocated, nil)
      return unsafe avcodec_receive_frame(allocated, frame.pointer)
    }
    if let refusedSize { throw Self.tooLarge(path, refusedSize) }
    guard result >= 0 else {
      throw MediaError(
        code: FFmpegCode(result), path: path, doing: "decoding its picture",
        reason: result == mae_error_invalid_data || result == mae_error_end ? Self.isDamaged : nil)
    }
  }

  private func setUp(_ context: UnsafeMutablePointer<AVCodecContext>) {
    unsafe context.pointee.thread_count = 1
    // Memory is given out below, and not to several threads.
    unsafe context.pointee.thread_type = 0
    unsafe context.pointee.lowres = Int32(reduction)
    // A TIFF's decoder would also refuse tags that it does not know.
    let isStrict = unsafe !allowsTruncated && codec.pointee.id != AV_CODEC_ID_TIFF
    unsafe context.pointee.err_recognition = isStrict ? AV_EF_EXPLODE | AV_EF_CRCCHECK : 0
    if !header.isEmpty, let data = unsafe av_mallocz(header.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)) {
      unsafe data.copyMemory(from: header, byteCount: header.count)
      unsafe context.pointee.extradata = data.assumingMemoryBound(to: UInt8.self)
      unsafe context.pointee.extradata_size = Int32(header.count)
    }
    unsafe context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
    unsafe context.pointee.get_buffer2 = { context, frame, flags in
      guard let context = unsafe context, let frame = unsafe frame, let owner = unsafe context.pointee.opaque else { return -1 }
      let decoder = unsafe Unmanaged<StillDecoder>.fromOpaque(owner).takeUnretainedValue()
      return unsafe decoder.giveMemory(to: frame, of: context, flags)
    }
  }

  private func giveMemory(
    to frame: UnsafeMutablePointer<AVFrame>, of context: UnsafeMutablePointer<AVCodecContext>, _ flags: Int32
  ) -> Int32 {
    let size = unsafe FrameSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
    guard size.pixelCount <= Self.pixelLimit else {
      refusedSize = size
      return mae_error_no_memory
    }
    let result = unsafe avcodec_default_get_buffer2(context, frame, flags)
    guard result >= 0 else { return result }
    for index in Int32(0)..<4 {
      guard let buffer = unsafe av_frame_get_plane_buffer(frame, index) else { continue }
      unsafe UnsafeMutableRawBufferPointer(start: buffer.pointee.data, count: buffer.pointee.size)
        .initializeMemory(as: UInt8.self, repeating: fill)
    }
    return result
  }

  private struct Row: Hashable {
    var plane, number: Int
  }

  /// Rows whose last bytes all have one value.
  private func rows(endingIn value: UInt8, of frame: borrowing FrameHandle) -> Set<Row> {
    var found: Set<Row> = []
    _ = unsafe forEachRow(of: frame) { plane, number, bytes in
      if unsafe bytes.suffix(8).allSatisfy({ $0 == value }) { found.insert(Row(plane: plane, number: number)) }
      return true
    }
    return found
  }

  /// Calls `body` with each row of each plane until it returns false; whether it never did.
  private func forEachRow(
    of frame: borrowing FrameHandle, _ body: (_ plane: Int, _ row: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Bool {
    let picture = unsafe frame.pointer
    guard let layout = unsafe PixelLayout(picture.pointee.format) else { return true }
    for index in 0..<4 where layout.steps[index] > 0 {
      guard let plane = unsafe picture.plane(index) else { continue }
      let bytes = unsafe Int(
        av_image_get_linesize(AVPixelFormat(picture.pointee.format), picture.pointee.width, Int32(index)))
      let isChroma = layout.hasChromaPlanes && (index == 1 || index == 2)
      let rows = -(-Int(unsafe picture.pointee.height) >> (isChroma ? layout.chromaShiftY : 0))
      for row in 0..<rows {
        let bytes = unsafe UnsafeBufferPointer(start: plane.start + row * plane.stride, count: bytes)
        if unsafe !body(index, row, bytes) { return false }
      }
    }
    return true
  }
}
