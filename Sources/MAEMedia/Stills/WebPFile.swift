import CFFmpeg
import MAECore

/// What the chunks of a WebP tell (RFC 9649).
enum WebPFile {
  static func look(into file: ByteView) throws(StillProblem) -> StillFile {
    if isAnimated(file) { throw animation }
    var still = StillFile(AV_CODEC_ID_WEBP, file)
    var exif: ByteView?
    var xmp: ByteView?
    let announced = (file.number(4, at: 4, isLittleEndian: true) ?? 0) + 8
    if announced > file.count { still.defect = "\(file.count) of \(announced) bytes are there" }
    var place = 12
    while let name = file.name(at: place), let length = file.number(4, at: place + 4, isLittleEndian: true),
      let body = file.part(from: place + 8, upTo: length)
    {
      switch name {
      case "VP8 " where body.endsInZeros: still.defect = "its end is filled with zeros"
      case "VP8L" where body.endsInZeros: still.shortened = lossless(body, leavingOut: 8)
      case "EXIF": exif = body.has("Exif\0\0") ? body.part(from: 6) : body
      case "XMP ": xmp = body
      default: break
      }
      place += 8 + length + length % 2
    }
    still.orientation = Orientation(exif: exif, xmp: xmp)
    return still
  }

  /// Whether the file that begins with `head` says that it is an animation.
  static func isAnimated(_ head: ByteView) -> Bool { head.has("VP8X", at: 12) && (head[20] ?? 0) & 2 != 0 }

  /// A file of the picture in a `VP8L` chunk alone, without its last `count` bytes.
  private static func lossless(_ body: ByteView, leavingOut count: Int) -> StillFile.Piece? {
    let length = (body.count - count) & ~1
    func text(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(number >> (8 * $0) & 0xff) } }
    guard let kept = body.part(from: 0, count: length) else { return nil }
    return StillFile.Piece(
      parts: [kept],
      prefix: Array("RIFF".utf8) + text(length + 12) + Array("WEBPVP8L".utf8) + text(length))
  }

  static let animation = StillProblem("it is an animated WebP, which FFmpeg cannot read; turn it into a GIF or an mp4")
}
