import CFFmpeg
import MAECore
import MAEFoundation

/// A number for each pixel, as label pictures of video sets have them: 0 is the background, 1 … the objects or classes.
public struct LabelPicture: Hashable, Sendable {
  /// In pixels.
  public let size: FrameSize
  /// Bytes `[height, width]`.
  public var ids: [UInt8]

  /// - Precondition: `ids` holds `height × width` bytes.
  public init(size: FrameSize, ids: [UInt8]) {
    precondition(ids.count == size.pixelCount, "LabelPicture: \(ids.count) labels for \(size)")
    self.size = size
    self.ids = ids
  }

  /// Reads the numbers of a palette picture, not its colours, or the levels of a grey one.
  ///
  /// The number 255 of a palette marks pixels that belong to nothing (DAVIS) and is read as the background; in a grey picture
  /// that has no other number but 0 it is object 1.
  ///
  /// - Throws: ``MediaError`` when the file holds no decodable picture, or one whose pixels are colours.
  public init(path: String) throws(MediaError) {
    let stored = try DecodedStill(path: path).storedLabels(path)
    size = stored.size
    let isOneMask = !stored.hasPalette && stored.ids.allSatisfy { $0 == 0 || $0 == 255 }
    let last: UInt8 = isOneMask ? 1 : 0
    ids = stored.ids.map { $0 == 255 ? last : $0 }
  }

  /// Reads the numbers of a palette picture or the levels of a grey one as they are stored, 255 included.
  ///
  /// - Throws: ``MediaError`` when the file holds no decodable picture, or one whose pixels are colours.
  public init(storedAt path: String) throws(MediaError) {
    let stored = try DecodedStill(path: path).storedLabels(path)
    (size, ids) = (stored.size, stored.ids)
  }

  /// The numbers that occur, ascending.
  public var present: [UInt8] {
    var isThere = [Bool](repeating: false, count: 256)
    for id in ids { isThere[Int(id)] = true }
    return (0...255).filter { isThere[$0] }.map { UInt8($0) }
  }

  /// Writes an indexed PNG with the colours of ``palette``.
  ///
  /// - Throws: ``FileError`` when the file cannot be written; what was at `path` before is then untouched.
  public func writePNG(to path: String) throws {
    try DurableFile.write(Array(try PictureWriter.png(self, for: path)), to: path)
  }

  /// Red, green and blue of every number: PASCAL VOC's bit pattern with 191 for its 192, as DAVIS has it.
  public static let palette: [(red: UInt8, green: UInt8, blue: UInt8)] = (0..<256).map { number in
    var (colour, rest) = ([0, 0, 0], number)
    for bit in 0..<8 {
      for channel in 0..<3 { colour[channel] |= (rest >> channel & 1) << (7 - bit) }
      rest >>= 3
    }
    let bytes = colour.map { UInt8($0 == 192 ? 191 : $0) }
    return (bytes[0], bytes[1], bytes[2])
  }
}

extension DecodedStill {
  /// What a decoded picture of labels holds.
  fileprivate func storedLabels(_ path: String) throws(MediaError) -> (size: FrameSize, ids: [UInt8], hasPalette: Bool) {
    let picture = unsafe frame.pointer
    let format = unsafe AVPixelFormat(picture.pointee.format)
    guard format == AV_PIX_FMT_PAL8 || format == AV_PIX_FMT_GRAY8, let plane = unsafe picture.plane(0) else {
      throw MediaError(
        code: .invalidData, path: path, doing: "reading labels",
        reason: """
          its pixels are colours; labels are an indexed PNG (with a palette) or a grey one, whose numbers name the objects: \
          save it as such
          """)
    }
    let size = unsafe FrameSize(width: Int(picture.pointee.width), height: Int(picture.pointee.height))
    var ids: [UInt8] = []
    ids.reserveCapacity(size.pixelCount)
    for row in 0..<size.height {
      unsafe ids.append(contentsOf: UnsafeBufferPointer(start: plane.start + row * plane.stride, count: size.width))
    }
    // 255 marks pixels of nothing, also where the palette is short.
    if let paletteCount, format == AV_PIX_FMT_PAL8, let odd = ids.first(where: { $0 != 255 && Int($0) >= paletteCount }) {
      throw MediaError(
        code: .invalidData, path: path, doing: "reading labels",
        reason: """
          a pixel has the number \(odd), and the palette has \(counted(paletteCount, "colour")), numbered from 0: write the \
          labels anew
          """)
    }
    return (size, ids, format == AV_PIX_FMT_PAL8)
  }
}
