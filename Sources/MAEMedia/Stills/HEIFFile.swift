import CFFmpeg
import MAECore

/// The picture of an AVIF or HEIC file (ISO/IEC 23008-12): one coded picture, or a grid of them, as phones write it.
///
/// FFmpeg opens HEIC from version 7.1 on and leaves the file's turning aside before 7.1, so the file is taken apart here, and
/// FFmpeg decodes AV1 and HEVC.
struct HEIFFile {
  /// Brands of files that hold a picture; those of sequences are left to FFmpeg's container reader.
  static let brands: Set = ["avif", "heic", "heix", "heim", "heis", "mif1", "mif2", "miaf"]

  static func look(into file: ByteView) throws(StillProblem) -> StillFile { try HEIFFile(file).still() }

  private let file: ByteView
  private var primary = 0
  private var kinds: [Int: String] = [:]
  private var places: [Int: [Extent]] = [:]
  private var properties: [(name: String, body: ByteView)] = []
  /// Numbers of the properties that each item has, from 0.
  private var associations: [Int: [Int]] = [:]
  /// The items that an item is made of.
  private var parts: [Int: [Int]] = [:]
  private var itemData: ByteView?

  /// More than any picture has; extents may take no bytes at all, so the file's size does not bound them.
  private static let maximumExtents = 1 << 16

  private struct Extent {
    var isInItemData: Bool
    var offset: Int
    /// 0: up to the end.
    var length: Int
  }

  private init(_ file: ByteView) throws(StillProblem) {
    self.file = file
    guard let meta = Self.boxes(in: file).first(where: { $0.name == "meta" })?.body, let content = meta.part(from: 4) else {
      throw StillProblem("the description of its picture is missing")
    }
    for (name, body) in Self.boxes(in: content) {
      switch name {
      case "pitm": primary = body.number(body[0] == 0 ? 2 : 4, at: 4) ?? 0
      case "iinf": readKinds(body)
      case "iloc": readPlaces(body)
      case "iref": readParts(body)
      case "idat": itemData = body
      case "iprp":
        for (name, inner) in Self.boxes(in: body) {
          if name == "ipco" { properties = Array(Self.boxes(in: inner)) }
          if name == "ipma" { readAssociations(inner) }
        }
      default: break
      }
    }
  }

  // MARK: - The picture

  private func still() throws(StillProblem) -> StillFile {
    var still: StillFile
    if kinds[primary] == "grid" {
      still = try grid()
    } else {
      let (codec, header) = try coding(of: primary)
      let piece = try StillFile.Piece(parts: data(of: primary))
      still = StillFile(codec, header: header, [piece], size: size(of: primary))
    }
    var orientation = Orientation.upright
    for (name, body) in properties(of: primary) {
      switch name {
      case "clap":
        if let size = size(of: primary) { still.window = Self.cleanAperture(body, of: size) }
      case "irot":
        for _ in 0..<(body[0] ?? 0) & 3 { orientation = orientation.then(Orientation(exif: 8)) }
      case "imir": orientation = orientation.then(Orientation(exif: (body[0] ?? 0) & 1 == 0 ? 4 : 2))
      case "colr" where body.has("nclx"):
        if let matrix = body.number(2, at: 8), let range = body[10] { still.colours = (matrix, range & 0x80 != 0) }
      default: break
      }
    }
    still.orientation = orientation
    let wanted = still.pieces.flatMap(\.parts)
    if wanted.contains(where: { $0.endsInZeros }) { still.defect = "its end is filled with zeros" }
    return still
  }

  /// The window of `clap`: its size, and how far its middle lies from the picture's, as fractions (ISO/IEC 14496-12, 12.1.4).
  private static func cleanAperture(_ body: ByteView, of size: FrameSize) -> PixelRect? {
    let values = stride(from: 0, to: 32, by: 4).compactMap {
      body.number(4, at: $0).map { Double(Int32(truncatingIfNeeded: $0)) }
    }
    guard values.count == 8, [1, 3, 5, 7].allSatisfy({ values[$0] != 0 }) else { return nil }
    let (width, height) = (values[0] / values[1], values[2] / values[3])
    let left = (Double(size.width) - width) / 2 + values[4] / values[5]
    let top = (Double(size.height) - height) / 2 + values[6] / values[7]
    guard [width, height, left, top].allSatisfy({ abs($0) < 1e9 }) else { return nil }
    let window = PixelRect(
      x: Int(left.rounded()), y: Int(top.rounded()), width: Int(width.rounded()), height: Int(height.rounded()))
    return window.fits(in: size) ? window : nil
  }

  private func grid() throws(StillProblem) -> StillFile {
    let description = try data(of: primary).first
    let tiles = parts[primary] ?? []
    let isWide = (description?[1] ?? 0) & 1 != 0
    guard let description, let rows = description[2].map({ Int($0) + 1 }), let columns = description[3].map({ Int($0) + 1 }),
      let width = description.number(isWide ? 4 : 2, at: 4), let height = description.number(isWide ? 4 : 2, at: isWide ? 8 : 6),
      let first = tiles.first, tiles.count == rows * columns, let tile = size(of: first), tile.width > 0, tile.height > 0
    else { throw StillProblem("its grid of pictures is described wrongly") }
    let (codec, header) = try coding(of: first)
    var pieces: [StillFile.Piece] = []
    for (index, item) in tiles.enumerated() {
      pieces.append(
        StillFile.Piece(x: index % columns * tile.width, y: index / columns * tile.height, parts: try data(of: item)))
    }
    return StillFile(codec, header: header, pieces, size: FrameSize(width: width, height: height))
  }

  private func coding(of item: Int) throws(StillProblem) -> (AVCodecID, header: [UInt8]) {
    let (codec, box): (AVCodecID, String)
    switch kinds[item] {
    case "av01": (codec, box) = (AV_CODEC_ID_AV1, "av1C")
    case "hvc1": (codec, box) = (AV_CODEC_ID_HEVC, "hvcC")
    case let other?: throw StillProblem("it holds a picture coded as \(other); AV1 and HEVC are read")
    case nil: throw StillProblem("it names no picture to show")
    }
    guard let header = properties(of: item).first(where: { $0.name == box })?.body else {
      throw StillProblem("what its decoder must know (\(box)) is missing")
    }
    return (codec, Array(header.array))
  }

  private func properties(of item: Int) -> [(name: String, body: ByteView)] {
    (associations[item] ?? []).compactMap { properties.indices.contains($0) ? properties[$0] : nil }
  }

  private func size(of item: Int) -> FrameSize? {
    guard let body = properties(of: item).first(where: { $0.name == "ispe" })?.body, let width = body.number(4, at: 4),
      let height = body.number(4, at: 8)
    else { return nil }
    return FrameSize(width: width, height: height)
  }

  /// The parts of the file that an item lies in.
  private func data(of item: Int) throws(StillProblem) -> [ByteView] {
    var found: [ByteView] = []
    for extent in places[item] ?? [] {
      guard let space = extent.isInItemData ? itemData : file,
        let part = extent.length == 0
          ? space.part(from: extent.offset) : space.part(from: extent.offset, count: extent.length)
      else { throw StillProblem("its end is missing: part of its picture lies behind the end of the file") }
      found.append(part)
    }
    let size = found.reduce(0) { $0 + $1.count }
    guard size > 0, size <= file.count else { throw StillProblem("its picture is missing") }
    return found
  }

  // MARK: - Boxes

  /// Boxes one after the other; a box that is cut short ends with what is there.
  private static func boxes(in view: ByteView) -> some Sequence<(name: String, body: ByteView)> {
    sequence(state: 0) { place in
      guard let short = view.number(4, at: place), let name = view.name(at: place + 4) else { return nil }
      let header = short == 1 ? 16 : 8
      let length = short == 0 ? view.count - place : short == 1 ? view.number(8, at: place + 8) ?? 0 : short
      guard length >= header, let body = view.part(from: place + header, upTo: length - header) else { return nil }
      place += body.count + header
      return (name, body)
    }
  }

  private mutating func readKinds(_ body: ByteView) {
    guard let entries = body.part(from: body[0] == 0 ? 6 : 8) else { return }
    for (name, entry) in Self.boxes(in: entries) where name == "infe" {
      let width = entry[0] == 2 ? 2 : 4
      if let item = entry.number(width, at: 4), let kind = entry.name(at: 6 + width) { kinds[item] = kind }
    }
  }

  private mutating func readPlaces(_ body: ByteView) {
    guard let version = body[0], let widths = body.number(2, at: 4) else { return }
    let offsetWidth = widths >> 12 & 15
    let lengthWidth = widths >> 8 & 15
    let baseWidth = widths >> 4 & 15
    let indexWidth = version == 0 ? 0 : widths & 15
    var place = 6
    func take(_ count: Int) -> Int? {
      defer { place += count }
      return count == 0 ? 0 : body.number(count, at: place)
    }
    let itemWidth = version < 2 ? 2 : 4
    var extentCount = 0
    for _ in 0..<(take(itemWidth) ?? 0) {
      guard let item = take(itemWidth), let method = version == 0 ? 0 : take(2), take(2) != nil, let base = take(baseWidth),
        let count = take(2)
      else { return }
      extentCount += count
      guard extentCount <= Self.maximumExtents else { return }
      for _ in 0..<count {
        guard take(indexWidth) != nil, let offset = take(offsetWidth), let length = take(lengthWidth) else { return }
        let (start, overflows) = base.addingReportingOverflow(offset)
        guard !overflows, method & 15 < 2 else { return }
        places[item, default: []].append(Extent(isInItemData: method & 15 == 1, offset: start, length: length))
      }
    }
  }

  private mutating func readParts(_ body: ByteView) {
    guard let references = body.part(from: 4) else { return }
    let width = body[0] == 0 ? 2 : 4
    for (name, reference) in Self.boxes(in: references) where name == "dimg" {
      guard let item = reference.number(width, at: 0), let count = reference.number(2, at: width) else { continue }
      parts[item] = (0..<count).compactMap { reference.number(width, at: width + 2 + $0 * width) }
    }
  }

  private mutating func readAssociations(_ body: ByteView) {
    guard let flags = body[3], let count = body.number(4, at: 4) else { return }
    let (itemWidth, width) = (body[0] == 0 ? 2 : 4, flags & 1 == 0 ? 1 : 2)
    var place = 8
    for _ in 0..<count {
      guard let item = body.number(itemWidth, at: place), let number = body[place + itemWidth] else { return }
      place += itemWidth + 1
      for _ in 0..<number {
        guard let index = body.number(width, at: place) else { return }
        // The first bit says whether a reader must understand the property.
        associations[item, default: []].append((index & (width == 1 ? 0x7f : 0x7fff)) - 1)
        place += width
      }
    }
  }
}
