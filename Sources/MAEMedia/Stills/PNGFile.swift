import CFFmpeg
import MAECore

/// What the chunks of a PNG tell beside the picture (PNG 3rd edition, 11.3); the decoder checks that all are there and whole.
enum PNGFile {
  static func look(into file: ByteView) -> StillFile {
    var still = StillFile(AV_CODEC_ID_PNG, file)
    var exif: ByteView?
    var xmp: ByteView?
    var hasEnd = false
    for chunk in chunks(of: file) {
      switch chunk.name {
      case "IHDR":
        if let width = chunk.body.number(4, at: 0), let height = chunk.body.number(4, at: 4) {
          still.size = FrameSize(width: width, height: height)
        }
      case "eXIf": exif = chunk.body
      case "iTXt" where chunk.body.has("XML:com.adobe.xmp\0"): xmp = chunk.body
      case "IEND": hasEnd = true
      default: break
      }
    }
    still.orientation = Orientation(exif: exif, xmp: xmp)
    if !hasEnd { still.defect = "there is no end marker" }
    return still
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
