/// A tar archive, put together byte by byte as POSIX.1-1988 (ustar) and the manual of GNU tar describe it.
package struct TarBytes {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// Adds a header and its content, filled up to whole blocks.
  ///
  /// - Parameters:
  ///   - kind: the letter of its kind.
  ///   - size: what the header says; nil = the content's own. In base 256 from 8 GiB on, as GNU tar writes it.
  ///   - form: `ustar` and a zero, `ustar` and two spaces (GNU), or nothing (version 7).
  ///   - change: puts other bytes into the block before its sum is taken.
  package mutating func add(
    _ name: String, _ content: [UInt8] = [], kind: Character = "0", target: String = "", prefix: String = "", size: Int? = nil,
    form: String = "ustar\u{0}00", change: (inout [UInt8]) -> Void = { _ in }
  ) {
    add(Array(name.utf8), content, kind: kind, target: target, prefix: prefix, size: size, form: form, change: change)
  }

  /// As for a name that is text.
  package mutating func add(
    _ name: [UInt8], _ content: [UInt8] = [], kind: Character = "0", target: String = "", prefix: String = "",
    size: Int? = nil, form: String = "ustar\u{0}00", change: (inout [UInt8]) -> Void = { _ in }
  ) {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Collection<UInt8>, at place: Int) {
      block.replaceSubrange(place..<place + text.count, with: text)
    }
    func octal(_ number: Int, _ width: Int) -> [UInt8] {
      let digits = String(number, radix: 8)
      return Array((String(repeating: "0", count: width - digits.count) + digits).utf8)
    }
    let size = size ?? content.count
    put(name.prefix(100), at: 0)
    put(octal(0o644, 7), at: 100)
    put(octal(1000, 7), at: 108)
    put(octal(1000, 7), at: 116)
    if size < 1 << 33 {
      put(octal(size, 11), at: 124)
    } else {
      put([0x80] + (0..<11).map { UInt8(truncatingIfNeeded: size >> min(63, 8 * (10 - $0))) }, at: 124)
    }
    put(octal(1_600_000_000, 11), at: 136)
    block[156] = kind.asciiValue!
    put(target.utf8.prefix(100), at: 157)
    put(form.utf8, at: 257)
    put(prefix.utf8, at: 345)
    change(&block)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0, 0x20], at: 148)
    append(block)
    append(content)
  }

  /// Adds a name, or the target of a link (`K`), that is too long for the header behind it, as GNU tar does.
  package mutating func addLong(_ text: String, kind: Character = "L") {
    add("././@LongLink", Array(text.utf8) + [0], kind: kind, form: "ustar  \u{0}")
  }

  /// Adds a PAX header with records for the member behind it.
  package mutating func addRecords(_ records: [(key: String, value: String)], kind: Character = "x") {
    var content: [UInt8] = []
    for (key, value) in records {
      let rest = " \(key)=\(value)\n".utf8
      // The length counts its own digits.
      var length = rest.count
      while length != rest.count + String(length).utf8.count { length = rest.count + String(length).utf8.count }
      content += Array(String(length).utf8) + Array(rest)
    }
    add("PaxHeaders/x", content, kind: kind)
  }

  /// Adds bytes as they are, filled up to whole blocks.
  package mutating func append(_ content: [UInt8]) {
    bytes += content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// Adds the end mark, two blocks of zeros, and fills up the record of twenty blocks.
  package mutating func end() {
    bytes += [UInt8](repeating: 0, count: 1024)
    bytes += [UInt8](repeating: 0, count: (10240 - bytes.count % 10240) % 10240)
  }

  /// The archive with its end mark.
  package var ended: [UInt8] {
    var whole = self
    whole.end()
    return whole.bytes
  }
}
