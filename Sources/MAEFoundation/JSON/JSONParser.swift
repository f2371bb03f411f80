/// Reads JSON (RFC 8259) from bytes; the depth of nesting is bounded, so no input can exhaust the stack.
package struct JSONParser {
  /// What is wrong, and at which byte.
  package struct Failure: Error {
    package var reason: String
    package var offset: Int
  }

  private static let maximumDepth = 64
  private let bytes: [UInt8]
  private var position = 0

  package static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.failure("something follows the end") }
    return value
  }

  /// The elements of the array that begins at a byte, each with the byte where it begins.
  package static func elements(of bytes: [UInt8], at start: Int) throws(Failure) -> [(value: JSONValue, offset: Int)] {
    var parser = JSONParser(bytes: bytes)
    parser.position = start + 1
    var elements: [(value: JSONValue, offset: Int)] = []
    parser.skipSpace()
    if parser.take("]") { return elements }
    repeat {
      parser.skipSpace()
      let offset = parser.position
      elements.append((try parser.value(depth: 1), offset))
      parser.skipSpace()
    } while parser.take(",")
    return elements
  }

  /// The members of the object that begins at a byte, each with the byte where its value begins.
  package static func members(of bytes: [UInt8], at start: Int) throws(Failure) -> [(key: String, value: JSONValue, offset: Int)]
  {
    var parser = JSONParser(bytes: bytes)
    parser.position = start + 1
    var members: [(key: String, value: JSONValue, offset: Int)] = []
    parser.skipSpace()
    if parser.take("}") { return members }
    repeat {
      parser.skipSpace()
      let key = try parser.string()
      parser.skipSpace()
      guard parser.take(":") else { throw parser.failure("a colon is missing") }
      parser.skipSpace()
      let offset = parser.position
      members.append((key, try parser.value(depth: 1), offset))
      parser.skipSpace()
    } while parser.take(",")
    return members
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: position) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth < Self.maximumDepth else { throw failure("values are nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw failure("it ends too early")
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
    for expected in word.description.utf8 {
      guard next == expected else { throw failure("a value is misspelt") }
      position += 1
    }
    return value
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONObject {
    position += 1
    var object = JSONObject()
    skipSpace()
    if take("}") { return object }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("a key is missing") }
      let key = try string()
      guard object[key] == nil else { throw failure("the key \(key) stands twice") }
      skipSpace()
      guard take(":") else { throw failure("a colon is missing") }
      object[key] = try value(depth: depth + 1)
      skipSpace()
      if take("}") { return object }
      guard take(",") else { throw failure("a comma is missing") }
    }
  }

  private mutating func array(depth: Int) throws(Failure) -> [JSONValue] {
    position += 1
    var array = [JSONValue]()
    skipSpace()
    if take("]") { return array }
    while true {
      array.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return array }
      guard take(",") else { throw failure("a comma is missing") }
    }
  }

  private mutating func string() throws(Failure) -> String {
    position += 1
    var text = [UInt8]()
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let valid = String(validating: text, as: UTF8.self) else { throw failure("a string is not UTF-8") }
        return valid
      case UInt8(ascii: "\\"): text.append(contentsOf: try escape())
      case 0..<0x20: throw failure("a string holds a control character")
      default: text.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  private mutating func escape() throws(Failure) -> [UInt8] {
    guard let byte = next else { throw failure("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      var code = UInt32(first)
      if UTF16.isLeadSurrogate(first) {
        guard take("\\"), take("u") else { throw failure("half of a character is missing") }
        let second = try hexadecimal()
        guard UTF16.isTrailSurrogate(second) else { throw failure("half of a character is missing") }
        code = 0x10000 + (UInt32(first) - 0xd800) << 10 + UInt32(second) - 0xdc00
      }
      guard let scalar = Unicode.Scalar(code) ?? Unicode.Scalar(surrogateEscape: first) else {
        throw failure("half of a character is missing")
      }
      return Array(String(Character(scalar)).utf8)
    default: throw failure("an escape is unknown")
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt16 {
    guard position + 4 <= bytes.count,
      let value = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("an escape is unknown") }
    position += 4
    return value
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    // NaN and Infinity are not JSON, but Python writes them.
    let extra = Array("+-.eENaInfity".utf8)
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || extra.contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int(text) { return .integer(integer) }
    guard !text.isEmpty, let number = Double(text) else {
      position = start
      throw failure("a value cannot be understood")
    }
    return .number(number)
  }
}
