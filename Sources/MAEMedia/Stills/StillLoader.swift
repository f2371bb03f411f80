import CFFmpeg
import MAECore
import MAEFoundation

/// Finds the picture in a file and decodes it.
@safe struct StillLoader {
  let path: String
  let deadline: Deadline
  let allowsTruncated: Bool

  /// Bytes of the largest file that is read.
  private static let sizeLimit = 1 << 29

  /// Decodes the stored picture into `frame`.
  ///
  /// - Returns: how it is turned, its size where the decoder made it smaller, and how many colours its palette has.
  func decode(
    into frame: borrowing FrameHandle
  ) throws(MediaError) -> (Orientation, stored: FrameSize?, paletteCount: Int?) {
    var file = try MediaError.reading(path) { () throws(SystemError) in try Shards.open(path) }
    let head = try MediaError.reading(path) { () throws(SystemError) in try file.read(StillFormat.headSize) }
    let format = StillFormat(ByteView(head))
    var codec: AVCodecID?
    if format == nil {
      let demuxer = try container()
      guard demuxer.format.isBarePicture else { return (try decodeFirstPicture(of: demuxer, into: frame), nil, nil) }
      codec = unsafe demuxer.stream(0).pointee.codecpar.pointee.codec_id
    }
    guard file.size <= Self.sizeLimit else {
      throw MediaError(
        code: .invalidData, path: path, doing: "reading",
        reason: "too large: \(file.size >> 20) MiB, and pictures of at most \(Self.sizeLimit >> 20) MiB are read")
    }
    let bytes =
      file.size <= head.count ? head : try MediaError.reading(path) { () throws(SystemError) in try file.read(file.size) }
    try deadline.check(path, doing: "reading")
    let view = ByteView(bytes)
    let still: StillFile
    do throws(StillProblem) {
      still = try format?.look(into: view) ?? StillFile(codec ?? AV_CODEC_ID_NONE, view, isUnderstood: false)
    } catch {
      throw MediaError(code: .invalidData, path: path, doing: "reading its header", reason: error.reason)
    }
    let (orientation, stored) = try decode(still, into: frame)
    return (orientation, stored, still.paletteCount)
  }

  private func decode(_ still: StillFile, into frame: borrowing FrameHandle) throws(MediaError) -> (
    Orientation, stored: FrameSize?
  ) {
    let reduction = try reduction(of: still)
    let decoder = try StillDecoder(
      path: path, codec: still.codec, header: still.decoderHeader, reduction: reduction, allowsTruncated: allowsTruncated)
    if let defect = still.defect, !allowsTruncated { throw decoder.endIsMissing(defect) }
    if let shortened = still.shortened, !allowsTruncated, (try? decoder.decode(shortened.bytes, into: frame)) != nil {
      throw decoder.endIsMissing("it is filled with zeros")
    }
    if still.pieces.count == 1 {
      let bytes = still.pieces[0].bytes
      try decoder.decode(bytes, into: frame)
      if !still.isUnderstood, !allowsTruncated, !decoder.isWhole(bytes, decodedAs: frame) {
        throw decoder.endIsMissing("its decoder wanted more")
      }
      try deadline.check(path, doing: "decoding its picture")
    } else {
      try assemble(still, decoder, into: frame)
    }
    if let window = still.window { try unsafe cut(frame.pointer, to: window) }
    if let (matrix, isFullRange) = still.colours {
      unsafe frame.pointer.pointee.color_range = isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
      if matrix != Int(AVCOL_SPC_UNSPECIFIED.rawValue) {
        unsafe frame.pointer.pointee.colorspace = AVColorSpace(rawValue: UInt32(matrix))
      }
    }
    let stored = reduction > 0 ? still.size : nil
    if let orientation = unsafe still.orientation ?? PNGFile.orientation(ofProfileIn: frame.pointer) {
      return (orientation, stored)
    }
    return (unsafe try shown(mae_frame_display_matrix(frame.pointer)), stored)
  }

  /// How often the decoder must halve the picture for it to be read; JPEG decoders do that while they decode.
  private func reduction(of still: StillFile) throws(MediaError) -> Int {
    guard let size = still.size else { return 0 }
    let canShrink = still.codec == AV_CODEC_ID_MJPEG && still.pieces.count == 1
    let limit = canShrink ? Self.shrinkablePixelLimit : StillDecoder.pixelLimit
    guard size.width > 0, size.height > 0 else {
      throw MediaError(
        code: .invalidData, path: path, doing: "reading its header", reason: "it says that it is \(size) pixels large")
    }
    let (area, overflows) = size.width.multipliedReportingOverflow(by: size.height)
    guard !overflows, area <= limit else { throw StillDecoder.tooLarge(path, size, limit: limit) }
    return (0...).first { area >> (2 * $0) <= StillDecoder.pixelLimit }!
  }

  /// FFmpeg takes no larger picture, whatever is made of it.
  private static let shrinkablePixelLimit = 250_000_000

  /// Decodes the pieces and lays them side by side.
  private func assemble(_ still: StillFile, _ decoder: StillDecoder, into frame: borrowing FrameHandle) throws(MediaError) {
    let piece = FrameHandle()
    for (index, part) in still.pieces.enumerated() {
      try deadline.check(path, doing: "decoding its picture")
      try decoder.decode(part.bytes, into: piece)
      let isFirst = index == 0
      guard let layout = unsafe PixelLayout(piece.pointer.pointee.format), !layout.isOpaque,
        unsafe isFirst || piece.pointer.pointee.format == frame.pointer.pointee.format
      else {
        throw MediaError(
          code: .invalidData, path: path, doing: "decoding its picture", reason: "its parts do not have pixels of one kind")
      }
      if isFirst, let size = still.size { try unsafe makeRoom(frame.pointer, for: size, like: piece.pointer) }
      unsafe copy(piece.pointer, to: frame.pointer, x: part.x, y: part.y, layout)
    }
  }

  private func makeRoom(
    _ frame: UnsafeMutablePointer<AVFrame>, for size: FrameSize, like piece: UnsafeMutablePointer<AVFrame>
  ) throws(MediaError) {
    unsafe frame.pointee.width = Int32(size.width)
    unsafe frame.pointee.height = Int32(size.height)
    unsafe frame.pointee.format = piece.pointee.format
    var result = unsafe av_frame_get_buffer(frame, 0)
    if result >= 0 { result = unsafe av_frame_copy_props(frame, piece) }
    guard result >= 0 else { throw MediaError(code: FFmpegCode(result), path: path, doing: "decoding its picture") }
  }

  /// Copies what of a piece lies inside the picture.
  private func copy(
    _ piece: UnsafeMutablePointer<AVFrame>, to frame: UnsafeMutablePointer<AVFrame>, x: Int, y: Int, _ layout: PixelLayout
  ) {
    let width = unsafe min(Int(piece.pointee.width), Int(frame.pointee.width) - x)
    let height = unsafe min(Int(piece.pointee.height), Int(frame.pointee.height) - y)
    guard width > 0, height > 0 else { return }
    for index in 0..<4 where layout.steps[index] > 0 {
      guard let source = unsafe piece.plane(index), let target = unsafe frame.plane(index) else { continue }
      let isChroma = layout.hasChromaPlanes && (index == 1 || index == 2)
      let (shiftX, shiftY) = isChroma ? (layout.chromaShiftX, layout.chromaShiftY) : (0, 0)
      let bytes = -(-width >> shiftX) * layout.steps[index]
      let rows = -(-height >> shiftY)
      for row in 0..<rows {
        let place = unsafe ((y >> shiftY) + row) * target.stride + (x >> shiftX) * layout.steps[index]
        let start = unsafe target.start + place
        unsafe start.update(from: source.start + row * source.stride, count: bytes)
      }
    }
  }

  private func cut(_ frame: UnsafeMutablePointer<AVFrame>, to window: PixelRect) throws(MediaError) {
    let size = unsafe FrameSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
    guard window.fits(in: size) else { return }
    unsafe frame.pointee.crop_left = window.x
    unsafe frame.pointee.crop_top = window.y
    unsafe frame.pointee.crop_right = size.width - window.x - window.width
    unsafe frame.pointee.crop_bottom = size.height - window.y - window.height
    let result = unsafe av_frame_apply_cropping(frame, Int32(AV_FRAME_CROP_UNALIGNED))
    guard result >= 0 else { throw MediaError(code: FFmpegCode(result), path: path, doing: "cropping its picture") }
  }

  // MARK: - Containers

  private func container() throws(MediaError) -> Demuxer {
    guard let demuxer = try Demuxer.open(path, deadline: deadline) else {
      throw MediaError(
        code: .unknownFormat, path: path, doing: "opening", reason: "no image or video format recognises its content")
    }
    return demuxer
  }

  /// Decodes the first picture of the stream that would be shown.
  private func decodeFirstPicture(of demuxer: Demuxer, into frame: borrowing FrameHandle) throws(MediaError) -> Orientation {
    try demuxer.findStreamInformation()
    guard let stream = demuxer.chooseVideoStream() else {
      throw MediaError(code: .noStream, path: path, doing: "opening", reason: "it holds no picture")
    }
    let decoder = unsafe try Decoder(
      path, demuxer.stream(stream), startsAnywhere: false, pixelLimit: StillDecoder.pixelLimit)
    let packet = PacketHandle()
    var isDecoded = false
    while !isDecoded, try demuxer.read(into: packet, doing: "reading") {
      if unsafe packet.pointer.pointee.stream_index == Int32(stream) && packet.pointer.pointee.size > 0 {
        _ = unsafe decoder.send(packet.pointer, place: 0, skippingUnreferenced: false)
        isDecoded = decoder.receive(into: frame) == .frame
      }
      let isCut = unsafe packet.pointer.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
      unsafe av_packet_unref(packet.pointer)
      if isCut, !allowsTruncated { throw StillDecoder.endIsMissing(path, "part of its picture lies behind the end of the file") }
    }
    if !isDecoded {
      decoder.finish()
      isDecoded = decoder.receive(into: frame) == .frame
    }
    guard isDecoded else {
      throw MediaError(code: .invalidData, path: path, doing: "decoding its picture", reason: StillDecoder.isDamaged)
    }
    return try unsafe shown(mae_frame_display_matrix(frame.pointer) ?? mae_stream_display_matrix(demuxer.stream(stream)))
  }

  private func shown(_ matrix: UnsafePointer<Int32>?) throws(MediaError) -> Orientation {
    guard let orientation = unsafe Orientation(matrix: matrix) else {
      throw MediaError(
        code: .invalidData, path: path, doing: "opening", reason: "it is rotated by an angle that is no quarter turn")
    }
    return orientation
  }
}

extension StillFile.Piece {
  /// All that the decoder gets.
  fileprivate var bytes: [UInt8] { parts.reduce(into: prefix) { $0 += $1.array } }
}

extension MediaError {
  /// Says as a media error what the system could not do for the file at `path`.
  static func reading<Result: ~Copyable>(
    _ path: String, _ body: () throws(SystemError) -> Result
  ) throws(MediaError) -> Result {
    do {
      return try body()
    } catch {
      let reason: String? = error.number == EINVAL ? "not a regular file" : nil
      throw MediaError(code: FFmpegCode(-error.number), path: path, doing: "opening", reason: reason)
    }
  }
}
