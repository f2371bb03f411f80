import CFFmpeg
import MAECore

/// What the directory of a TIFF tells (TIFF 6.0; JPEG inside: TIFF Technical Note 2). FFmpeg decodes most of them, but not those
/// whose strips or tiles are JPEGs: these are taken apart here.
enum TIFFFile {
  static func look(into file: ByteView) throws(StillProblem) -> StillFile {
    if file.has("II+\0") || file.has("MM\0+") { throw StillProblem("it is a BigTIFF, which FFmpeg cannot read; save it as TIFF") }
    guard let directory = TIFFDirectory(file) else {
      throw StillProblem("its directory is missing; the file may have been cut short")
    }
    let bits = directory.numbers(.bitsPerSample)?.max() ?? 1
    if [2, 3, 6].contains(directory.numbers(.sampleFormat)?.max()) || bits > 16 {
      let kind = directory.numbers(.sampleFormat)?.max() == 3 ? "floating-point" : "whole-number"
      throw StillProblem("it is a TIFF of \(bits)-bit \(kind) samples; save it with 8 or 16 unsigned bits per sample")
    }
    if let photometric = directory.number(.photometric), (8...10).contains(photometric) {
      throw StillProblem("it is a TIFF in Lab colours, which FFmpeg cannot decode; save it in RGB")
    }
    var still = StillFile(AV_CODEC_ID_TIFF, file)
    switch directory.number(.compression) {
    case 6: throw StillProblem("it is a TIFF with old-style JPEG compression, which cannot be read; save it anew")
    case 7: still = try jpegs(in: file, directory)
    case let other?:
      if let name = unreadable[other] { throw StillProblem("it is a TIFF with \(name) compression, which FFmpeg cannot decode") }
    case nil: break
    }
    // What the missing entries would have said is not known: tables of a JPEG, another orientation.
    if !directory.isWhole { still.defect = "a part of its directory is not there" }
    if let width = directory.number(.width), let height = directory.number(.height) {
      still.size = FrameSize(width: width, height: height)
    }
    still.orientation =
      directory.number(.orientation).map(Orientation.init(exif:)) ?? Orientation(exif: nil, xmp: directory.bytes(.xmp))
    return still
  }

  private static let unreadable = [
    34676: "SGI logarithmic", 34677: "SGI logarithmic", 34712: "JPEG 2000", 34887: "LERC", 50000: "Zstandard", 50001: "WebP",
    50002: "JPEG XL", 52546: "JPEG XL",
  ]

  /// Strips and tiles that are JPEGs without their tables.
  private static func jpegs(in file: ByteView, _ directory: TIFFDirectory) throws(StillProblem) -> StillFile {
    guard directory.number(.planes) ?? 1 == 1 else {
      throw StillProblem("it is a TIFF with a JPEG per colour, which cannot be read; save it with interleaved colours")
    }
    // Decoders of JPEG know neither: they would show it black, or dark for light.
    switch directory.number(.photometric) {
    case 0: throw StillProblem("it is a TIFF with a JPEG in which white is 0, which cannot be read; save it anew")
    case 5: throw StillProblem("it is a TIFF with a JPEG in CMYK, which cannot be read; save it in RGB")
    default: break
    }
    let isTiled = directory.numbers(.tileOffsets) != nil
    guard let width = directory.number(.width), let height = directory.number(.height), width > 0, height > 0,
      let offsets = directory.numbers(isTiled ? .tileOffsets : .stripOffsets),
      let counts = directory.numbers(isTiled ? .tileByteCounts : .stripByteCounts), offsets.count == counts.count,
      let pieceWidth = isTiled ? directory.number(.tileWidth) : width, pieceWidth > 0,
      let pieceHeight = isTiled ? directory.number(.tileHeight) : min(height, directory.number(.rowsPerStrip) ?? height),
      pieceHeight > 0
    else { throw StillProblem("it is a JPEG-compressed TIFF whose directory says too little") }
    let columns = (width + pieceWidth - 1) / pieceWidth
    guard (height + pieceHeight - 1) / pieceHeight <= offsets.count / columns else {
      throw StillProblem(
        "it is a JPEG-compressed TIFF with \(offsets.count) strips, which do not cover its \(width)×\(height) pixels")
    }
    // Tables and strips lie between a start and an end marker. Adobe's marker tells the decoder whether colours are red, green
    // and blue.
    let end: [UInt8] = [0xff, 0xd9]
    let tables = directory.bytes(.jpegTables)?.array
    guard !directory.has(.jpegTables) || tables?.suffix(2).elementsEqual(end) == true else { throw missingEnd("the tables") }
    let transform: UInt8 = directory.number(.photometric) == 6 ? 1 : 0
    let adobe: [UInt8] = [0xff, 0xee, 0, 14] + Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, transform]
    var pieces: [StillFile.Piece] = []
    for (index, (offset, count)) in zip(offsets, counts).enumerated() where index / columns * pieceHeight < height {
      guard let strip = file.part(from: offset, count: count), let body = strip.part(from: 2),
        body.array.suffix(2).elementsEqual(end)
      else { throw missingEnd("a strip") }
      pieces.append(
        StillFile.Piece(
          x: index % columns * pieceWidth, y: index / columns * pieceHeight, parts: [body],
          prefix: [0xff, 0xd8] + (directory.number(.samplesPerPixel) ?? 1 >= 3 ? adobe : [])
            + (tables?.dropFirst(2).dropLast(2) ?? [])))
    }
    return StillFile(AV_CODEC_ID_MJPEG, header: [], pieces, size: FrameSize(width: width, height: height))
  }

  private static func missingEnd(_ part: String) -> StillProblem {
    StillProblem("its end is missing: \(part) of its picture lies behind the end of the file, or was never written")
  }
}
