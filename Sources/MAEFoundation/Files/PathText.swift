import Foundation

/// Paths are bytes, and not every name is UTF-8. A `String` holds such a path with each byte that is no part of valid UTF-8 as
/// one of 128 private characters, U+EF80 to U+EFFF (after Python's `surrogateescape`, whose lone surrogates a Swift string cannot
/// hold).
///
/// A name that really has one of these characters has its three bytes held the same way, so each sequence of bytes has exactly
/// one text, and comes back from it unchanged.
extension String {
  /// The text for a path as the system gives it.
  public init(pathBytes: some Collection<UInt8>) {
    let bytes = Array(pathBytes)
    if !bytes.contains(0xee), let text = String(validating: bytes, as: UTF8.self) {
      self = text
      return
    }
    self = ""
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var rest = bytes[...]
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        if scalar.heldByte == nil {
          unicodeScalars.append(scalar)
        } else {
          for byte in rest.prefix(encoded.count) { unicodeScalars.append(Unicode.Scalar(holding: byte)) }
        }
        rest = rest.dropFirst(encoded.count)
      case .error(let length):
        for byte in rest.prefix(length) { unicodeScalars.append(Unicode.Scalar(holding: byte)) }
        rest = rest.dropFirst(length)
      case .emptyInput: return
      }
    }
  }

  /// The bytes that the system knows the path by.
  public var pathBytes: [UInt8] {
    guard holdsBytes else { return Array(utf8) }
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if let byte = scalar.heldByte { bytes.append(byte) } else { bytes.append(contentsOf: UTF8.encode(scalar)!) }
    }
    return bytes
  }

  /// Calls `body` with the path as system calls take it; the pointer is valid for the call alone.
  public func withPath<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
    guard holdsBytes else { return unsafe try withCString(body) }
    let bytes = pathBytes.map(CChar.init(bitPattern:)) + [0]
    return unsafe try bytes.withUnsafeBufferPointer { unsafe try body($0.baseAddress!) }
  }

  /// The path for people: bytes that are no text as `\xe9`.
  public var shownPath: String {
    replacingHeldBytes { "\\x" + String($0, radix: 16) }
  }

  /// Text for a terminal: control characters, which a file's name may hold, as `\x1b`; only ends of lines and tabs stay.
  public var withoutControls: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    return unicodeScalars.reduce(into: "") { result, scalar in
      if scalar.isControl {
        result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  /// JSON text whose held bytes are written as `\udce9`, which Python's `json` and `open` take back; other readers see a letter
  /// that is no letter instead of a wrong name.
  public var withHeldBytesAsJSON: String {
    replacingHeldBytes { "\\udc" + String($0, radix: 16) }
  }

  /// JSON text in which Python's escapes `\udc80` to `\udcff`, halves of characters that other readers refuse, are the bytes they
  /// stand for.
  var holdingBytesOfJSON: String {
    guard contains("\\udc") || contains("\\uDC") else { return self }
    var result = ""
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\", let kind = rest.popFirst() else {
        result.unicodeScalars.append(scalar)
        continue
      }
      let code = kind == "u" ? UInt16(String(Substring(rest.prefix(4))), radix: 16) : nil
      if let held = code.flatMap(Unicode.Scalar.init(surrogateEscape:)) {
        result.unicodeScalars.append(held)
        rest = rest.dropFirst(4)
      } else {
        // The second half of a character belongs to the first.
        let length = code.map(UTF16.isLeadSurrogate) == true ? 10 : 0
        result += "\\" + String(kind) + String(Substring(rest.prefix(length)))
        rest = rest.dropFirst(length)
      }
    }
    return result
  }

  /// The path without `.`, doubled slashes, and slashes at its end; `..` stays, since what it means depends on links.
  public var tidyPath: String {
    let parts = split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    return hasPrefix("/") ? "/" + parts : parts.isEmpty ? "." : parts
  }

  /// The path from the root, tidied.
  public var absolutePath: String {
    var full = self
    if !hasPrefix("/"), let folder = unsafe getcwd(nil, 0) {
      defer { unsafe free(folder) }
      let bytes = unsafe UnsafeBufferPointer(start: folder, count: strlen(folder)).map(UInt8.init(bitPattern:))
      full = String(pathBytes: bytes) + "/" + self
    }
    return full.tidyPath
  }

  /// Whether any byte of the path is no text.
  public var holdsBytes: Bool { utf8.contains(0xee) && unicodeScalars.contains { $0.heldByte != nil } }

  private func replacingHeldBytes(_ text: (UInt8) -> String) -> String {
    guard holdsBytes else { return self }
    return unicodeScalars.reduce(into: "") { result, scalar in
      if let byte = scalar.heldByte { result += text(byte) } else { result.unicodeScalars.append(scalar) }
    }
  }
}

extension Unicode.Scalar {
  private static let firstHolding: UInt32 = 0xef80

  /// The character that stands for a byte of 0x80 or more.
  init(holding byte: UInt8) { self = Unicode.Scalar(Self.firstHolding + UInt32(byte) - 0x80)! }

  /// Whether a terminal does something else than show it, ends of lines and tabs aside.
  fileprivate var isControl: Bool { properties.generalCategory == .control && self != "\n" && self != "\t" }

  /// The byte that this character stands for.
  var heldByte: UInt8? {
    (Self.firstHolding..<Self.firstHolding + 0x80).contains(value) ? UInt8(value - Self.firstHolding + 0x80) : nil
  }

  /// The character for the lone surrogate U+DC80 … U+DCFF, with which Python writes a byte that is no text.
  public init?(surrogateEscape code: UInt16) {
    guard (0xdc80...0xdcff).contains(code) else { return nil }
    self.init(holding: UInt8(code & 0xff))
  }
}
