extension Orientation {
  /// EXIF's numbers 1 to 8 (EXIF 2.3, 4.6.4); upright for any other.
  init(exif number: Int) {
    self.init(
      transposed: (5...8).contains(number), fromRight: [2, 3, 7, 8].contains(number), fromBottom: [3, 4, 6, 7].contains(number))
  }

  /// What a file's EXIF block says, or its XMP packet where that says nothing, as Pillow's `exif_transpose` takes it.
  init(exif block: ByteView?, xmp packet: ByteView?) {
    let number = block.flatMap(TIFFDirectory.init)?.number(.orientation) ?? packet.flatMap(Self.number(inXMP:))
    self.init(exif: number ?? 1)
  }

  /// The digit behind `tiff:Orientation="` or `<tiff:Orientation>`.
  private static func number(inXMP packet: ByteView) -> Int? {
    let name = Array("tiff:Orientation".utf8)
    var start = 0
    while let place = packet.first(name, from: start) {
      let value = place + name.count
      if let digit = packet.has("=\"", at: value) ? packet[value + 2] : packet.has(">", at: value) ? packet[value + 1] : nil,
        let number = Int(String(UnicodeScalar(digit)))
      {
        return number
      }
      start = value
    }
    return nil
  }

  /// This orientation of the stored picture, and then `next` of the result.
  func then(_ next: Orientation) -> Orientation {
    Orientation(
      transposed: isTransposed != next.isTransposed,
      fromRight: fromRight != (isTransposed ? next.fromBottom : next.fromRight),
      fromBottom: fromBottom != (isTransposed ? next.fromRight : next.fromBottom))
  }
}
