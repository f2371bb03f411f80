/// The checksum of zip archives (polynomial 0xEDB88320, reflected), eight bytes at a time.
package enum CRC32 {
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      var value = UInt32(index)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
      tables[index] = value
    }
    for index in 256..<8 * 256 {
      let previous = tables[index - 256]
      tables[index] = previous >> 8 ^ tables[Int(previous & 0xff)]
    }
    return tables
  }()

  package static func checksum(_ span: RawSpan) -> UInt32 {
    unsafe span.withUnsafeBytes { bytes in
      unsafe tables.withUnsafeBufferPointer { table in
        var crc: UInt32 = 0xffff_ffff
        var offset = 0
        while offset + 8 <= bytes.count {
          let low = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ crc
          let high = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
          crc =
            unsafe table[1792 + Int(low & 0xff)] ^ table[1536 + Int(low >> 8 & 0xff)]
            ^ table[1280 + Int(low >> 16 & 0xff)] ^ table[1024 + Int(low >> 24)]
          crc ^=
            unsafe table[768 + Int(high & 0xff)] ^ table[512 + Int(high >> 8 & 0xff)]
            ^ table[256 + Int(high >> 16 & 0xff)] ^ table[Int(high >> 24)]
          offset += 8
        }
        while offset < bytes.count {
          crc = unsafe table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[offset])] ^ crc >> 8
          offset += 1
        }
        return ~crc
      }
    }
  }
}
