/// The block of 512 bytes in front of a member of a tar archive.
///
/// Forms are ustar (POSIX.1-1988), which PAX extends, GNU tar's own, and that of version 7 of Unix (FreeBSD's manual page tar(5)
/// describes them side by side).
struct TarHeader {
  /// What a header announces.
  enum Kind: Hashable {
    case file, hardLink, link, folder
    /// A pipe or a device.
    case special
    /// A file whose holes are left out (GNU).
    case sparse
    /// The rest of a file that began on another volume (GNU).
    case continued
    /// The name, or the target, of the member behind, which is too long for its header (GNU).
    case longName, longLink
    /// What else is to be said of the member behind (PAX).
    case records
    /// What is no member, such as the name of the volume.
    case other
  }

  /// Bytes of a block.
  static let size = 512

  let kind: Kind
  /// As stored here.
  let name: [UInt8]
  /// What a link leads to.
  let target: [UInt8]
  /// Bytes of the content, which fills up whole blocks behind the header.
  let contentSize: Int
  /// Whether a block with more of a sparse file's map comes next.
  let isContinued: Bool

  /// nil for what is no header, by its checksum.
  init?(_ block: [UInt8]) {
    guard block.count == Self.size, let sum = Self.number(block[148..<156]), let contentSize = Self.number(block[124..<136])
    else { return nil }
    // The sum is that of all bytes with its own as spaces; some old writers took bytes for signed.
    var summed = block
    summed.replaceSubrange(148..<156, with: repeatElement(0x20, count: 8))
    guard sum == summed.reduce(0, { $0 + Int($1) }) || sum == summed.reduce(0, { $0 + Int(Int8(bitPattern: $1)) }) else {
      return nil
    }
    self.contentSize = contentSize
    let isPOSIX = block[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = isPOSIX ? Self.text(block[345..<500]) : []
    name = (prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]) + Self.text(block[..<100])
    target = Self.text(block[157..<257])
    isContinued = block[482] != 0
    kind = Self.kind(block[156])
  }

  /// Whether blocks with content follow; of the others the size says nothing.
  var hasContent: Bool { ![.hardLink, .link, .folder, .special].contains(kind) }

  /// Whether it only says something of the member behind it.
  var isExtension: Bool { [.longName, .longLink, .records].contains(kind) }

  private static func kind(_ letter: UInt8) -> Kind {
    switch letter {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
    case UInt8(ascii: "1"): .hardLink
    case UInt8(ascii: "2"): .link
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .special
    case UInt8(ascii: "5"): .folder
    case UInt8(ascii: "S"): .sparse
    case UInt8(ascii: "M"): .continued
    case UInt8(ascii: "L"): .longName
    case UInt8(ascii: "K"): .longLink
    case UInt8(ascii: "x"), UInt8(ascii: "X"): .records
    default: .other
    }
  }

  /// The bytes of a field up to the first zero.
  static func text(_ field: some Collection<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

  /// Octal digits, or, where they have no room, bytes behind one with the highest bit (GNU); nil for anything else.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    if field.first == 0x80 {
      let bytes = field.dropFirst().drop { $0 == 0 }
      guard bytes.count < 8 else { return nil }
      return bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    guard [nil, 0, 0x20].contains(field[digits.endIndex...].first) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }
}
