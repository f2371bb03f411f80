import CFFmpeg
import MAECore

/// What the markers of a JPEG tell (ITU-T T.81, annex B).
enum JPEGFile {
  static func look(into file: ByteView) throws(StillProblem) -> StillFile {
    let markers = Markers(file)
    if markers.isArithmetic { throw StillProblem("it is a JPEG with arithmetic coding, which FFmpeg cannot decode") }
    var still = StillFile(
      markers.isLS ? AV_CODEC_ID_JPEGLS : AV_CODEC_ID_MJPEG, markers.end.flatMap { file.part(from: 0, count: $0) } ?? file)
    still.size = markers.size
    still.orientation = Orientation(exif: markers.exif, xmp: markers.xmp)
    if markers.end == nil { still.defect = "there is no end marker" }
    return still
  }

  /// Whether another picture follows the first one of a file that begins with `head`, and nothing says that they belong together:
  /// a stream of pictures as cameras send them.
  static func isStream(_ head: ByteView) -> Bool {
    let markers = Markers(head)
    guard let end = markers.end, !markers.isMultiPicture else { return false }
    return head.number(3, at: end) == 0xffd8ff
  }

  /// The markers from the first to the one that ends the picture.
  private struct Markers {
    var size: FrameSize?
    var exif: ByteView?
    var xmp: ByteView?
    /// Whether it announces further pictures that belong to it (CIPA DC-007).
    var isMultiPicture = false
    var isArithmetic = false
    /// Whether it is a JPEG-LS (ITU-T T.87), which has the same markers.
    var isLS = false
    /// Where the first picture ends; nil where its end marker is missing.
    var end: Int?

    init(_ file: ByteView) {
      var place = 2
      while let found = Self.marker(in: file, from: place) {
        let (code, start) = found
        place = start
        switch code {
        case 0xd0...0xd8: continue
        case 0xd9:
          end = place
          return
        default:
          guard let length = file.number(2, at: place), length >= 2, let body = file.part(from: place + 2, upTo: length - 2)
          else {
            return
          }
          note(code, body)
          place += length
        }
      }
    }

    private mutating func note(_ code: UInt8, _ body: ByteView) {
      switch code {
      case 0xc4, 0xc8, 0xcc: break
      case 0xf7: isLS = true
      case 0xc0...0xcf:
        if let height = body.number(2, at: 1), let width = body.number(2, at: 3) {
          size = FrameSize(width: width, height: height)
        }
        isArithmetic = code >= 0xc9
      case 0xe1 where exif == nil && body.has("Exif\0\0"): exif = body.part(from: 6)
      case 0xe1 where xmp == nil && body.has("http://ns.adobe.com/xap/1.0/\0"): xmp = body.part(from: 29)
      case 0xe2 where body.has("MPF\0"): isMultiPicture = true
      default: break
      }
    }

    /// The next marker and the place behind it: coded data, with what is stuffed into it, and fill bytes are stepped over.
    private static func marker(in file: ByteView, from start: Int) -> (code: UInt8, end: Int)? {
      let bytes = file.array
      var place = bytes.startIndex + start
      while place + 1 < bytes.endIndex {
        if bytes[place] == 0xff, bytes[place + 1] >= 0xc0, bytes[place + 1] != 0xff {
          return (bytes[place + 1], place + 2 - bytes.startIndex)
        }
        place += 1
      }
      return nil
    }
  }
}
