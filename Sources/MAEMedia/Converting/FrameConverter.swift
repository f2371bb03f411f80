import CFFmpeg
import MAECore

/// Turns decoded frames into interleaved bytes as `ffmpeg -pix_fmt rgb24` (`gray`, `rgba`) does: planes are put upright first,
/// then converted by libswscale with that program's settings.
///
/// Only the window asked for is converted where that gives the same bytes as converting everything.
@safe final class FrameConverter {
  private struct Setup: Hashable {
    var source: FrameSize
    var result: FrameSize
    var format: Int32
    var colours: UInt32
    var range: UInt32
    var channels: PixelChannels
  }

  private var setup: Setup?
  private var scaler = unsafe ScalerHandle(nil)
  private let converted = PixelBuffer()
  private let turned = PixelBuffer()
  private let uprightFrame = FrameHandle()
  let path: String

  init(path: String) { self.path = path }

  /// Converts the window `crop` of an upright picture of `size`; a frame of another size is scaled to it, as `ffmpeg` does when a
  /// stream changes its size. The view is valid until the next call.
  func convert(
    _ frame: borrowing FrameHandle, _ orientation: Orientation, size: FrameSize, crop: PixelRect, channels: PixelChannels
  ) throws(MediaError) -> PixelView {
    if orientation.isUpright {
      return unsafe try convertUpright(frame.pointer, size: size, crop: crop, channels: channels)
    }
    if let layout = unsafe PixelLayout(frame.pointer.pointee.format), layout.canTurn(orientation) {
      try turnPlanes(frame, layout, orientation)
      return unsafe try convertUpright(uprightFrame.pointer, size: size, crop: crop, channels: channels)
    }
    // Layouts that cannot be turned as they are: convert everything, then turn the bytes.
    let stored = orientation.isTransposed ? FrameSize(width: size.height, height: size.width) : size
    let whole = unsafe try convertUpright(
      frame.pointer, size: stored, crop: PixelRect(whole: stored), channels: channels)
    turned.prepare(size, bytesPerPixel: channels.count)
    unsafe turnPlane(
      from: whole.start, stride: whole.stride, stored, to: turned.start, stride: turned.stride, step: channels.count, orientation)
    return unsafe PixelView(
      start: turned.start + crop.y * turned.stride + crop.x * channels.count, stride: turned.stride, size: crop.size)
  }

  private func convertUpright(
    _ frame: UnsafeMutablePointer<AVFrame>, size: FrameSize, crop: PixelRect, channels: PixelChannels
  ) throws(MediaError) -> PixelView {
    let whole = unsafe FrameSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
    let format = unsafe frame.pointee.format
    var window = PixelRect(whole: whole)
    if whole == size, Self.convertsWindows(of: format, size: whole, channels: channels) {
      // Each pair of rows and each block of columns is converted by itself, so a window on their borders gives the same bytes.
      let left = crop.x & ~31
      let top = crop.y & ~1
      let bottom = (crop.y + crop.height + 1) & ~1
      window = PixelRect(x: left, y: top, width: crop.x + crop.width - left, height: bottom - top)
    }
    let result = whole == size ? window.size : size
    try prepareScaler(
      Setup(
        source: window.size, result: result, format: format, colours: unsafe frame.pointee.colorspace.rawValue,
        range: unsafe frame.pointee.color_range.rawValue, channels: channels))
    converted.prepare(result, bytesPerPixel: channels.count)
    var planes: [UnsafePointer<UInt8>?] = unsafe []
    var strides: [Int32] = []
    for index in 0..<4 {
      let plane = unsafe frame.plane(index)
      let shift = index == 1 || index == 2 ? 1 : 0
      // Only 4:2:0 layouts are converted by windows, so chroma planes have half the rows and columns.
      let offset = unsafe (window.y >> shift) * (plane?.stride ?? 0) + (window.x >> shift)
      unsafe planes.append(plane.map { unsafe UnsafePointer($0.start + offset) })
      unsafe strides.append(Int32(plane?.stride ?? 0))
    }
    let target: [UnsafeMutablePointer<UInt8>?] = unsafe [converted.start, nil, nil, nil]
    let targetStrides: [Int32] = [Int32(converted.stride), 0, 0, 0]
    let rows = unsafe sws_scale(scaler.pointer, planes, strides, 0, Int32(window.height), target, targetStrides)
    guard rows == result.height else {
      throw MediaError(code: FFmpegCode(min(rows, -1)), path: path, doing: "converting a frame of \(whole) pixels")
    }
    let offset = (crop.y - window.y) * converted.stride + (crop.x - window.x) * channels.count
    return unsafe PixelView(start: converted.start + offset, stride: converted.stride, size: crop.size)
  }

  private static func outputFormat(_ channels: PixelChannels) -> AVPixelFormat {
    switch channels {
    case .grey: AV_PIX_FMT_GRAY8
    case .rgb: AV_PIX_FMT_RGB24
    case .rgba: AV_PIX_FMT_RGBA
    }
  }

  /// Whether libswscale converts this layout pixel by pixel, without looking at rows and columns around.
  private static func convertsWindows(of format: Int32, size: FrameSize, channels: PixelChannels) -> Bool {
    let isPlain = [AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P].contains { $0.rawValue == format }
    return isPlain && size.height % 2 == 0 && channels == .rgb
  }

  /// Sets libswscale up as the `ffmpeg` program does for its own conversions.
  private func prepareScaler(_ wanted: Setup) throws(MediaError) {
    if wanted == setup { return }
    setup = nil
    scaler = unsafe ScalerHandle(sws_alloc_context())
    guard let context = unsafe scaler.pointer else {
      throw MediaError(code: .outOfMemory, path: path, doing: "preparing the conversion to RGB")
    }
    let options: [(String, Int)] = [
      ("srcw", wanted.source.width), ("srch", wanted.source.height), ("src_format", Int(wanted.format)),
      ("dstw", wanted.result.width), ("dsth", wanted.result.height),
      ("dst_format", Int(Self.outputFormat(wanted.channels).rawValue)), ("sws_flags", Int(SWS_BICUBIC)),
      ("src_h_chr_pos", -513), ("src_v_chr_pos", wanted.format == AV_PIX_FMT_YUV420P.rawValue ? 128 : -513),
    ]
    for (name, value) in options { unsafe av_opt_set_int(UnsafeMutableRawPointer(context), name, Int64(value), 0) }
    let result = unsafe sws_init_context(context, nil, nil)
    guard result >= 0 else {
      throw MediaError(code: FFmpegCode(result), path: path, doing: "preparing the conversion to RGB")
    }
    var tables: (UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?) = (nil, nil)
    var (sourceRange, resultRange, brightness, contrast, saturation): (Int32, Int32, Int32, Int32, Int32) = (0, 0, 0, 0, 0)
    unsafe sws_getColorspaceDetails(
      context, &tables.0, &sourceRange, &tables.1, &resultRange, &brightness, &contrast, &saturation)
    let known = (1...10).contains(wanted.colours) && wanted.colours != 2 && wanted.colours != 8
    let matrix = unsafe sws_getCoefficients(Int32(known ? wanted.colours : AVCOL_SPC_BT470BG.rawValue))
    if wanted.range != AVCOL_RANGE_UNSPECIFIED.rawValue { sourceRange = wanted.range == AVCOL_RANGE_JPEG.rawValue ? 1 : 0 }
    unsafe sws_setColorspaceDetails(context, matrix, sourceRange, matrix, resultRange, brightness, contrast, saturation)
    setup = wanted
  }

  // MARK: - Turning

  /// Fills `uprightFrame` with the frame's planes, turned.
  private func turnPlanes(_ frame: borrowing FrameHandle, _ layout: PixelLayout, _ orientation: Orientation) throws(MediaError) {
    let source = unsafe frame.pointer
    let target = unsafe uprightFrame.pointer
    let stored = unsafe FrameSize(width: Int(source.pointee.width), height: Int(source.pointee.height))
    let size = orientation.size(of: stored)
    if unsafe Int(target.pointee.width) != size.width || Int(target.pointee.height) != size.height
      || target.pointee.format != source.pointee.format
    {
      unsafe av_frame_unref(target)
      unsafe target.pointee.width = Int32(size.width)
      unsafe target.pointee.height = Int32(size.height)
      unsafe target.pointee.format = source.pointee.format
      let result = unsafe av_frame_get_buffer(target, 0)
      guard result >= 0 else { throw MediaError(code: FFmpegCode(result), path: path, doing: "turning a frame upright") }
    }
    unsafe target.pointee.colorspace = source.pointee.colorspace
    unsafe target.pointee.color_range = source.pointee.color_range
    for plane in 0..<4 where layout.steps[plane] > 0 {
      guard let from = unsafe source.plane(plane), let to = unsafe target.plane(plane) else { continue }
      let isChroma = plane == 1 || plane == 2
      let planeSize =
        isChroma
        ? FrameSize(width: -(-stored.width >> layout.chromaShiftX), height: -(-stored.height >> layout.chromaShiftY)) : stored
      unsafe turnPlane(
        from: from.start, stride: from.stride, planeSize, to: to.start, stride: to.stride, step: layout.steps[plane], orientation)
    }
  }
}

extension UnsafeMutablePointer<AVFrame> {
  /// One of the first four planes, or nil when the frame has none there.
  func plane(_ index: Int) -> (start: UnsafeMutablePointer<UInt8>, stride: Int)? {
    let data = unsafe pointee.data
    let strides = unsafe pointee.linesize
    let (start, stride) =
      switch index {
      case 0: unsafe (data.0, strides.0)
      case 1: unsafe (data.1, strides.1)
      case 2: unsafe (data.2, strides.2)
      default: unsafe (data.3, strides.3)
      }
    guard let start = unsafe start else { return nil }
    return unsafe (start, Int(stride))
  }
}

/// Copies a plane of `size` stored pixels of `step` bytes, turned upright.
private func turnPlane(
  from source: UnsafeMutablePointer<UInt8>, stride: Int, _ size: FrameSize, to target: UnsafeMutablePointer<UInt8>,
  stride targetStride: Int, step: Int, _ orientation: Orientation
) {
  let upright = orientation.size(of: size)
  let start = (orientation.fromBottom ? (size.height - 1) * stride : 0) + (orientation.fromRight ? (size.width - 1) * step : 0)
  let alongColumn = orientation.fromRight ? -step : step
  let alongRow = orientation.fromBottom ? -stride : stride
  let (stepX, stepY) = orientation.isTransposed ? (alongRow, alongColumn) : (alongColumn, alongRow)
  for y in 0..<upright.height {
    var from = unsafe source + start + y * stepY
    var to = unsafe target + y * targetStride
    if step == 1 {
      for _ in 0..<upright.width {
        unsafe to.pointee = from.pointee
        unsafe from += stepX
        unsafe to += 1
      }
    } else {
      for _ in 0..<upright.width {
        unsafe to.update(from: from, count: step)
        unsafe from += stepX
        unsafe to += step
      }
    }
  }
}
