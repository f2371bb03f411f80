extension ContainerFormat {
  /// Whether a file that begins with `head` can be of this format.
  ///
  /// FFmpeg takes some formats for what they are by bytes anywhere in a file: of pictures in an archive, of code in a text.
  func mayBegin(with head: ByteView, score: Int32) -> Bool {
    if ForeignContent.kind(bySignatureOf: head) != nil { return false }
    switch name {
    case "mjpeg": return head.number(2, at: 0) == 0xffd8
    case "h261": return head.number(3, at: 0).map { $0 >> 4 == 0x0001_0 } ?? false
    case "h263": return head.number(3, at: 0).map { $0 >> 2 == 0x20 } ?? false
    case "avs2", "avs3", "cavsvideo", "h264", "hevc", "m4v", "mpegvideo", "vc1", "vvc": return Self.startsWithCode(head)
    case "mpegts": return score > 25 || !Self.isText(head) && Self.hasSyncBytes(head)
    case "xbm_pipe": return Self.isBitmapInC(head)
    default: return score > 25 || !Self.isText(head)
    }
  }

  /// Whether a start code comes first, behind zeros at most.
  private static func startsWithCode(_ head: ByteView) -> Bool {
    let zeros = head.array.prefix { $0 == 0 }.count
    return zeros >= 2 && head[zeros] == 1
  }

  /// Whether the byte that begins each packet of a transport stream stands three times at a packet's distance.
  private static func hasSyncBytes(_ head: ByteView) -> Bool {
    [188, 192, 204].contains { size in
      (0..<size).contains { start in (0..<3).allSatisfy { head[start + $0 * size] == 0x47 } }
    }
  }

  /// Whether a text that begins with a definition defines the width of a picture, and is no other code.
  private static func isBitmapInC(_ head: ByteView) -> Bool {
    let first = head.array.prefix(1024).split(whereSeparator: \.isNewline).lazy
      .map { String(decoding: $0, as: UTF8.self).split(separator: " ") }.first { $0.first == "#define" }
    guard let first, first.count == 3 else { return false }
    return first[1].hasSuffix("width") && Int(first[2]) != nil
  }

  /// Whether none of the bytes is a control character that texts do not have.
  private static func isText(_ head: ByteView) -> Bool {
    head.array.allSatisfy { $0 >= 0x20 && $0 != 0x7f || [0x09, 0x0a, 0x0c, 0x0d].contains($0) }
  }
}

extension UInt8 {
  fileprivate var isNewline: Bool { self == 0x0a || self == 0x0d }
}
