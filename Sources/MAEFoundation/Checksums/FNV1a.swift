/// The 64-bit hash FNV-1a of Fowler, Noll and Vo: names what was read and finds damage; no secret depends on it.
package struct FNV1a: Sendable {
  @usableFromInline package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  @inlinable package mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  package mutating func add(_ text: String) { add(text.utf8) }
}
