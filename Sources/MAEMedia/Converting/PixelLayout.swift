import CFFmpeg

/// How decoded pixels lie in memory: what of FFmpeg's description of a pixel format is needed here.
struct PixelLayout {
  /// Chroma planes have `width >> chromaShiftX` columns (rounded up) and `height >> chromaShiftY` rows.
  let chromaShiftX: Int
  let chromaShiftY: Int
  /// Bytes from a pixel to the next in each plane; 0 where there is no plane.
  let steps: [Int]
  let hasChromaPlanes: Bool
  /// Pixels that are no whole bytes, indexes into a palette, or not in memory at all.
  let isOpaque: Bool

  init?(_ format: Int32) {
    guard let description = unsafe av_pix_fmt_desc_get(AVPixelFormat(format)) else { return nil }
    chromaShiftX = unsafe Int(description.pointee.log2_chroma_w)
    chromaShiftY = unsafe Int(description.pointee.log2_chroma_h)
    hasChromaPlanes = unsafe description.pointee.comp.0.plane != description.pointee.comp.1.plane
    let opaque = UInt64(AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_PAL)
    isOpaque = unsafe description.pointee.flags & opaque != 0
    var steps: [Int32] = [0, 0, 0, 0]
    unsafe av_image_fill_max_pixsteps(&steps, nil, description)
    self.steps = steps.map(Int.init)
  }

  /// Whether rows and columns of the planes can be swapped or mirrored as they are.
  func canTurn(_ orientation: Orientation) -> Bool {
    if isOpaque { return false }
    return chromaShiftX == chromaShiftY || (!orientation.isTransposed && hasChromaPlanes)
  }
}
