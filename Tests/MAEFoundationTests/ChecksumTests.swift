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

  @Test("the CRCs of the usual text, and of RFC 3720's bytes") func knownValues() {
    let text = Array("123456789".utf8)
    #expect(CRC32.checksum(text.span.bytes) == 0xcbf4_3926)
    #expect(CRC32.checksum(text.span.bytes, .castagnoli) == 0xe306_9283)
    let ascending = (0..<32).map { UInt8($0) }
    #expect(CRC32.checksum(ascending.span.bytes, .castagnoli) == 0x46dd_794e)
    #expect(CRC32.checksum([UInt8](repeating: 0, count: 32).span.bytes, .castagnoli) == 0x8a91_36aa)
  }

  @Test(
    "CRCs agree with their definition, with the processor's instruction and without, whole and in parts",
    arguments: [CRC32.Polynomial.zip, .castagnoli], [0, 1, 3, 7, 8, 9, 17, 129])
  func definition(polynomial: CRC32.Polynomial, count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 5) }
    var expected: UInt32 = 0xffff_ffff
    for byte in bytes {
      expected ^= UInt32(byte)
      for _ in 0..<8 { expected = expected & 1 == 1 ? expected >> 1 ^ polynomial.rawValue : expected >> 1 }
    }
    for usesInstruction in [true, false] {
      for cut in [0, count / 3, count] {
        var sum = CRC32(polynomial, usesInstruction: usesInstruction)
        let (start, end) = (Array(bytes[..<cut]), Array(bytes[cut...]))
        sum.add(start.span.bytes)
        sum.add(end.span.bytes)
        #expect(sum.value == ~expected, "cut at \(cut), instruction: \(usesInstruction)")
      }
    }
  }
}
