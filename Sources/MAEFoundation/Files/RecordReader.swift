/// Reads what ``RecordWriter`` wrote; anything wrong reads as nil.
///
/// A copy goes on from where the other one is.
package struct RecordReader: Sendable {
  @usableFromInline package let bytes: [UInt8]
  @usableFromInline package let end: Int
  @usableFromInline package private(set) var position = 0

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var checksum = FNV1a()
    checksum.add(bytes.dropLast(8))
    let stored = bytes.suffix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    end = bytes.count >= 8 && stored == checksum.value ? bytes.count - 8 : 0
  }

  /// Whether everything was read, or nothing can be.
  package var isAtEnd: Bool { position >= end }

  @inlinable package mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    bits(MemoryLayout<Number>.size).map { Number(truncatingIfNeeded: $0) }
  }

  /// The next bytes, up to eight of them, the lowest first. Not generic: other modules may call the above unspecialized.
  @usableFromInline package mutating func bits(_ size: Int) -> UInt64? {
    guard end - position >= size else { return nil }
    var value: UInt64 = 0
    for byte in 0..<size { value |= UInt64(bytes[position + byte]) << UInt64(8 * byte) }
    position += size
    return value
  }

  @inlinable package mutating func array<Number: FixedWidthInteger>(_ type: Number.Type) -> [Number]? {
    guard let count = number(UInt64.self), count <= UInt64((end - position) / MemoryLayout<Number>.size) else { return nil }
    return (0..<count).compactMap { _ in number(type) }
  }

  /// The same of bytes, without taking them out.
  package mutating func text() -> ArraySlice<UInt8>? {
    guard let count = number(UInt64.self), count <= UInt64(end - position) else { return nil }
    defer { position += Int(count) }
    return bytes[position..<position + Int(count)]
  }
}
