import MAEFoundation
import Testing

@Suite struct ChecksumTests {
  /// From the test suite that the authors of FNV publish.
  @Test(
    "FNV-1a of known texts",
    arguments: [
      ("", 0xcbf2_9ce4_8422_2325 as UInt64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
    ])
  func fnv(text: String, value: UInt64) {
    var whole = FNV1a()
    whole.add(text)
    #expect(whole.value == value)
    var parts = FNV1a()
    for byte in text.utf8 { parts.add([byte]) }
    #expect(parts.value == value)
  }

  @Test("CRC-32 of the usual text") func crcOfTheUsualText() { #expect(crc(Array("123456789".utf8)) == 0xcbf4_3926) }

  @Test("CRC-32 agrees with its definition", arguments: [0, 1, 3, 7, 8, 9, 17, 129])
  func crcAgreesWithItsDefinition(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 5) }
    var expected: UInt32 = 0xffff_ffff
    for byte in bytes {
      expected ^= UInt32(byte)
      for _ in 0..<8 { expected = expected & 1 == 1 ? expected >> 1 ^ 0xedb8_8320 : expected >> 1 }
    }
    #expect(crc(bytes) == ~expected)
  }

  private func crc(_ bytes: [UInt8]) -> UInt32 { CRC32.checksum(bytes.span.bytes) }
}
