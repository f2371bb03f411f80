import Foundation
import MAEFoundation

/// The text of a list, whatever its encoding: paths are bytes, so what is not UTF-8 stays as it is until a path is looked for.
package struct ListText {
  package let text: String
  /// The encoding, where it is not UTF-8.
  package let encoding: String?

  /// nil for what is no text.
  package init?(_ bytes: [UInt8]) {
    if let text = Self.utf32(bytes) {
      (self.text, encoding) = (text, "UTF-32")
      return
    }
    switch Self.wideOrder(of: bytes) {
    case .none:
      guard Self.isText(bytes.prefix(1 << 16)) else { return nil }
      text = String(pathBytes: bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...])
      encoding = nil
    case let isLittleEndian?:
      let start = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) ? 2 : 0
      let units = stride(from: start, to: bytes.count - 1, by: 2).map { place in
        let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
        return isLittleEndian ? second << 8 | first : first << 8 | second
      }
      text = String(decoding: units, as: UTF16.self)
      encoding = "UTF-16"
      guard !text.utf8.contains(0) else { return nil }
    }
  }

  /// Whether bytes may be text in an encoding with ASCII in it: none is a control character that texts do not have.
  static func isText(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 || [0x09, 0x0a, 0x0c, 0x0d, 0x1b].contains($0) }
  }

  /// The text of bytes in the single-byte encoding of western Windows, which agrees with Latin-1 in all letters.
  static func windows1252(_ path: String) -> String? { String(bytes: path.pathBytes, encoding: .windowsCP1252) }

  /// The text of UTF-32 with its mark; nil for anything else.
  private static func utf32(_ bytes: [UInt8]) -> String? {
    let isLittleEndian = bytes.starts(with: [0xff, 0xfe, 0, 0])
    guard isLittleEndian || bytes.starts(with: [0, 0, 0xfe, 0xff]) else { return nil }
    var text = String.UnicodeScalarView()
    for place in stride(from: 4, to: bytes.count - 3, by: 4) {
      let unit = bytes[place..<place + 4]
      let value = (isLittleEndian ? Array(unit.reversed()) : Array(unit)).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard let scalar = Unicode.Scalar(value), value != 0 else { return nil }
      text.append(scalar)
    }
    return String(text)
  }

  /// For UTF-16, whether the lower byte comes first; without a mark the zeros beside ASCII tell.
  private static func wideOrder(of bytes: [UInt8]) -> Bool? {
    if bytes.starts(with: [0xff, 0xfe]) { return true }
    if bytes.starts(with: [0xfe, 0xff]) { return false }
    let head = Array(bytes.prefix(1 << 12))
    guard head.count >= 4, head.count % 2 == 0 else { return nil }
    let zeros = [0, 1].map { parity in stride(from: parity, to: head.count, by: 2).count { head[$0] == 0 } }
    guard zeros.max()! * 4 > head.count, zeros.min()! == 0 else { return nil }
    return zeros[1] > 0
  }
}
