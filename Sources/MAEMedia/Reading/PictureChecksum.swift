import CFFmpeg

/// A number for the pixels of a decoded picture, never 0: two that differ tell that the pictures differ.
func pictureChecksum(of frame: UnsafePointer<AVFrame>) -> UInt32 {
  let (format, width, height) = unsafe (AVPixelFormat(frame.pointee.format), frame.pointee.width, frame.pointee.height)
  var sum: UInt32 = 1
  guard let description = unsafe av_pix_fmt_desc_get(format) else { return sum }
  let planes = unsafe [frame.pointee.data.0, frame.pointee.data.1, frame.pointee.data.2, frame.pointee.data.3]
  let strides = unsafe [
    frame.pointee.linesize.0, frame.pointee.linesize.1, frame.pointee.linesize.2, frame.pointee.linesize.3,
  ]
  for plane in 0..<4 {
    guard let data = unsafe planes[plane] else { break }
    let isPalette = plane == 1 && (unsafe description.pointee.flags & UInt64(AV_PIX_FMT_FLAG_PAL) != 0)
    let isChroma = plane == 1 || plane == 2
    let rows = isPalette ? 1 : isChroma ? unsafe -((-height) >> Int32(description.pointee.log2_chroma_h)) : height
    let bytes = isPalette ? 1024 : av_image_get_linesize(format, width, Int32(plane))
    guard bytes > 0 else { break }
    for row in 0..<Int(rows) {
      sum = unsafe mae_checksum(sum, data + row * Int(strides[plane]), Int(bytes))
    }
  }
  return max(1, sum)
}
