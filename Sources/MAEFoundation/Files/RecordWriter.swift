/// Puts numbers one after the other, little end first, and a checksum at the end: the form of what `--cache` keeps.
package struct RecordWriter: Sendable {
  @usableFromInline package private(set) var bytes: [UInt8] = []

  package init() {}

  @inlinable package mutating func put(_ value: some FixedWidthInteger) {
    var rest = value
    for _ in 0..<MemoryLayout.size(ofValue: value) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest = rest >> 8
    }
  }

  /// A count and the values.
  @inlinable package mutating func put<Number: FixedWidthInteger>(_ values: [Number]) {
    put(UInt64(values.count))
    for value in values { put(value) }
  }

  package mutating func finish() {
    var checksum = FNV1a()
    checksum.add(bytes)
    put(checksum.value)
  }
}
