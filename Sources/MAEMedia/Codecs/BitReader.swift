/// Reads bits from the start of an H.264 or HEVC unit, leaving out the bytes that keep start codes from appearing by chance.
struct BitReader {
  private let bytes: [UInt8]
  private var position = 0

  /// At most `limit` bytes are looked at.
  init(_ unit: UnsafeBufferPointer<UInt8>, from offset: Int, limit: Int = 256, leavesOutGuards: Bool = true) {
    let end = min(unit.count, offset + limit)
    var zeros = 0
    bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(0, end - offset)) { bytes, count in
      for index in offset..<max(offset, end) {
        let byte = unsafe unit[index]
        if leavesOutGuards, zeros >= 2, byte == 3 {
          zeros = 0
          continue
        }
        zeros = byte == 0 ? zeros + 1 : 0
        unsafe bytes[count] = byte
        count += 1
      }
    }
  }

  var isExhausted: Bool { position > bytes.count * 8 }

  /// At most 32 bits; those past the end read as zero, and `isExhausted` tells.
  mutating func bits(_ count: Int) -> Int {
    var value = 0
    for _ in 0..<count {
      let byte = position >> 3
      let bit = byte < bytes.count ? Int(bytes[byte] >> (7 - UInt8(position & 7))) & 1 : 0
      value = value << 1 | bit
      position += 1
    }
    return value
  }

  mutating func skip(bits: Int) { position += bits }

  mutating func skip(bytes: Int) { position += 8 * bytes }

  mutating func flag() -> Bool { bits(1) == 1 }

  /// An unsigned Exp-Golomb number.
  mutating func number() -> Int {
    var zeros = 0
    while zeros < 32, !isExhausted, !flag() { zeros += 1 }
    return (1 << zeros) - 1 + bits(zeros)
  }

  /// A signed Exp-Golomb number.
  mutating func signedNumber() -> Int {
    let code = number()
    return code % 2 == 1 ? (code + 1) / 2 : -code / 2
  }
}
