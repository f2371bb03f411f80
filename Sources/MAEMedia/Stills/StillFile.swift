import CFFmpeg
import MAECore

/// A still as it lies in its file: coded pictures side by side, how they are turned, and what of the file is missing.
struct StillFile {
  /// A picture that a decoder makes in one go.
  struct Piece {
    /// Where its upper left corner lies in the stored picture.
    var x = 0
    var y = 0
    /// The parts of the file that hold it, in order.
    var parts: [ByteView]
    /// What comes before the parts and is not in the file as such.
    var prefix: [UInt8] = []
  }

  /// Codec of the pieces, as FFmpeg numbers it.
  let codec: AVCodecID
  /// What the decoder must know before the first piece.
  var decoderHeader: [UInt8] = []
  var pieces: [Piece]
  /// Size of the stored picture where the file says it; needed for several pieces.
  var size: FrameSize?
  /// The part of the decoded picture that is shown, before it is turned; nil: all of it.
  var window: PixelRect?
  /// What the file says; nil: only the decoded picture may say.
  var orientation: Orientation?
  /// FFmpeg's number of the colour matrix and whether values fill the whole range, where the file overrules the coded picture.
  var colours: (matrix: Int, isFullRange: Bool)?
  /// Colours of its palette, where it says how many there are.
  var paletteCount: Int?
  /// What is missing at its end, in words; nil: nothing, or only the decoder can tell.
  var defect: String?
  /// A picture without its last bytes, which are zeros: if it still decodes, they were no part of the picture.
  var shortened: Piece?

  /// Whether the file was looked into: else only its decoder can tell that its end is missing.
  let isUnderstood: Bool

  /// One picture that is the whole of `file`.
  init(_ codec: AVCodecID, _ file: ByteView, isUnderstood: Bool = true) {
    self.codec = codec
    self.isUnderstood = isUnderstood
    pieces = [Piece(parts: [file])]
  }

  init(_ codec: AVCodecID, header: [UInt8], _ pieces: [Piece], size: FrameSize?) {
    self.codec = codec
    isUnderstood = true
    decoderHeader = header
    self.pieces = pieces
    self.size = size
  }
}

/// A still that is not read, and why, in words.
struct StillProblem: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// The still formats whose files are looked into here, by their first bytes.
enum StillFormat: CaseIterable {
  case jpeg, png, webp, tiff, gif, heif, qoi, jpeg2000

  /// How many bytes ``init(_:)`` and ``animation(_:)`` want to see.
  static let headSize = 4096

  init?(_ head: ByteView) {
    let found = Self.allCases.first { $0.matches(head) }
    guard let found else { return nil }
    self = found
  }

  private func matches(_ head: ByteView) -> Bool {
    switch self {
    case .jpeg: return head.number(3, at: 0) == 0xffd8ff
    case .png: return head.number(4, at: 0) == 0x8950_4e47
    case .webp: return head.has("RIFF") && head.has("WEBP", at: 8)
    case .tiff: return head.has("II*\0") || head.has("MM\0*") || head.has("II+\0") || head.has("MM\0+")
    case .gif: return head.has("GIF8")
    case .heif: return head.has("ftyp", at: 4) && HEIFFile.brands.contains(head.name(at: 8) ?? "")
    case .qoi: return head.has("qoif")
    case .jpeg2000:
      // Motion JPEG 2000 has the same beginning and is a container.
      return head.has("jP  ", at: 4) && head.name(at: 20) != "mjp2" || head.number(4, at: 0) == 0xff4f_ff51
    }
  }

  /// What the file's own bytes tell.
  func look(into file: ByteView) throws(StillProblem) -> StillFile {
    switch self {
    case .jpeg: try JPEGFile.look(into: file)
    case .png: PNGFile.look(into: file)
    case .webp: try WebPFile.look(into: file)
    case .tiff: try TIFFFile.look(into: file)
    case .gif: GIFFile.look(into: file)
    case .heif: try HEIFFile.look(into: file)
    case .qoi:
      Self.endMarked(StillFile(AV_CODEC_ID_QOI, file), by: [0, 0, 0, 0, 0, 0, 0, 1])
    case .jpeg2000:
      Self.endMarked(StillFile(AV_CODEC_ID_JPEG2000, file), by: [0xff, 0xd9])
    }
  }

  private static func endMarked(_ still: StillFile, by marker: [UInt8]) -> StillFile {
    var still = still
    if let file = still.pieces[0].parts.first, !file.array.suffix(marker.count).elementsEqual(marker) {
      still.defect = "there is no end marker"
    }
    return still
  }
}
