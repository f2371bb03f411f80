/// The first directory of a TIFF, or of the EXIF block of another format, which is built alike (TIFF 6.0, section 2).
struct TIFFDirectory {
  enum Tag: Int {
    case width = 256, height, bitsPerSample, compression
    case photometric = 262
    case stripOffsets = 273, orientation
    case samplesPerPixel = 277, rowsPerStrip, stripByteCounts
    case planes = 284
    case tileWidth = 322, tileHeight, tileOffsets, tileByteCounts
    case sampleFormat = 339
    case jpegTables = 347
    case xmp = 700
  }

  private let block: ByteView
  private let isLittleEndian: Bool
  private var fields: [Int: (type: Int, count: Int, place: Int)] = [:]
  /// Whether all the entries that it announces are there.
  private(set) var isWhole = true

  /// nil when `block` does not begin with a TIFF header and a directory.
  init?(_ block: ByteView) {
    self.block = block
    isLittleEndian = block.has("II*\0")
    guard isLittleEndian || block.has("MM\0*"), let start = block.number(4, at: 4, isLittleEndian: isLittleEndian),
      let count = block.number(2, at: start, isLittleEndian: isLittleEndian)
    else { return nil }
    for index in 0..<count {
      let place = start + 2 + 12 * index
      guard let tag = number(2, at: place), let type = number(2, at: place + 2), let count = number(4, at: place + 4),
        let value = number(4, at: place + 8)
      else {
        isWhole = false
        break
      }
      let valuePlace = count * (Self.sizes[type] ?? 1) <= 4 ? place + 8 : value
      if fields[tag] == nil { fields[tag] = (type, count, valuePlace) }
    }
  }

  /// Bytes of a value of each type.
  private static let sizes = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4]

  private func number(_ count: Int, at place: Int) -> Int? { block.number(count, at: place, isLittleEndian: isLittleEndian) }

  /// The whole numbers of a field; nil when it is missing, holds something else, or lies outside.
  func numbers(_ tag: Tag) -> [Int]? {
    guard let field = fields[tag.rawValue], [3, 4, 8, 9, 13].contains(field.type), let size = Self.sizes[field.type],
      block.part(from: field.place, count: field.count * size) != nil
    else { return nil }
    return (0..<field.count).map { number(size, at: field.place + $0 * size)! }
  }

  /// The number of a field that holds one.
  func number(_ tag: Tag) -> Int? { numbers(tag).flatMap { $0.count == 1 ? $0[0] : nil } }

  func has(_ tag: Tag) -> Bool { fields[tag.rawValue] != nil }

  /// The bytes of a field; nil when it is missing, holds something else, or lies outside.
  func bytes(_ tag: Tag) -> ByteView? {
    guard let field = fields[tag.rawValue], [1, 2, 7].contains(field.type) else { return nil }
    return block.part(from: field.place, count: field.count)
  }
}
