import CFFmpeg
import MAECore

/// What the chunks of a PNG tell beside the picture (PNG 3rd edition, 11.3); the decoder checks that all are there and whole.
enum PNGFile {
  static func look(into file: ByteView) -> StillFile {
    var still = StillFile(AV_CODEC_ID_PNG, file)
    var exif: ByteView?
    var xmp: ByteView?
    var hasEnd = false
    var hasProfile = false
    for chunk in chunks(of: file) {
      switch chunk.name {
      case "IHDR":
        if let width = chunk.body.number(4, at: 0), let height = chunk.body.number(4, at: 4) {
          still.size = FrameSize(width: width, height: height)
        }
      case "PLTE": still.paletteCount = chunk.body.count / 3
      case "eXIf": exif = chunk.body
      case "iTXt" where chunk.body.has("XML:com.adobe.xmp\0"): xmp = chunk.body
      case "tEXt" where chunk.body.has(exifProfile), "zTXt" where chunk.body.has(exifProfile): hasProfile = true
      case "IEND": hasEnd = true
      default: break
      }
    }
    // What a text says the decoder unpacks.
    if exif != nil || !hasProfile { still.orientation = Orientation(exif: exif, xmp: xmp) }
    if !hasEnd { still.defect = "there is no end marker" }
    return still
  }

  /// Where old ImageMagick put EXIF: a name, a length and hexadecimal digits, a line each.
  private static let exifProfile: StaticString = "Raw profile type exif"

  /// How the picture is turned as a text of that name says; nil when the decoder found none.
  static func orientation(ofProfileIn frame: UnsafePointer<AVFrame>) -> Orientation? {
    guard let entry = unsafe av_dict_get(frame.pointee.metadata, exifProfile.description, nil, 0) else { return nil }
    let lines = unsafe String(cString: entry.pointee.value).split(separator: "\n")
    guard lines.first == "exif" else { return nil }
    let digits = lines.dropFirst(2).joined().compactMap(\.hexDigitValue)
    let bytes = stride(from: 0, to: digits.count & ~1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    let block = ByteView(bytes)
    return Orientation(exif: block.has("Exif\0\0") ? block.part(from: 6) : block, xmp: nil)
  }

  /// Pictures of the file that begins with `head`: 1 unless it is an animation; nil when `head` does not tell.
  static func pictureCount(_ head: ByteView) -> Int? {
    for chunk in chunks(of: head) {
      if chunk.name == "acTL" { return chunk.body.number(4, at: 0) }
      if chunk.name == "IDAT" { return 1 }
    }
    return nil
  }

  private static func chunks(of file: ByteView) -> some Sequence<(name: String, body: ByteView)> {
    sequence(state: 8) { place in
      guard let length = file.number(4, at: place), let name = file.name(at: place + 4),
        let body = file.part(from: place + 8, upTo: length), body.count == length || name == "IDAT"
      else { return nil }
      place += 12 + length
      return (name, body)
    }
  }
}
