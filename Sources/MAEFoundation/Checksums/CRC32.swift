import CKernels

/// Checksums of 32 bits that find damage; no secret depends on them.
package struct CRC32: Sendable {
  /// What bits are divided by, reflected.
  package enum Polynomial: UInt32, Sendable {
    /// Of zip archives.
    case zip = 0xedb8_8320
    /// Castagnoli's (CRC-32C, RFC 3720), for which processors have an instruction.
    case castagnoli = 0x82f6_3b78

    fileprivate var tables: [UInt32] { self == .zip ? CRC32.zipTables : CRC32.castagnoliTables }
  }

  private static let zipTables = tables(.zip)
  private static let castagnoliTables = tables(.castagnoli)

  private let polynomial: Polynomial
  private let usesInstruction: Bool
  private var crc: UInt32 = 0xffff_ffff

  /// - Parameter usesInstruction: false: computes as a processor without the instruction does, for tests.
  package init(_ polynomial: Polynomial, usesInstruction: Bool = true) {
    self.polynomial = polynomial
    self.usesInstruction = usesInstruction && polynomial == .castagnoli
  }

  /// Of the bytes so far.
  package var value: UInt32 { ~crc }

  package static func checksum(_ span: RawSpan, _ polynomial: Polynomial = .zip) -> UInt32 {
    var sum = CRC32(polynomial)
    sum.add(span)
    return sum.value
  }

  package mutating func add(_ span: RawSpan) {
    unsafe span.withUnsafeBytes { bytes in
      if usesInstruction, let start = bytes.baseAddress, unsafe mae_crc32c(&crc, start, Int64(bytes.count)) != 0 { return }
      unsafe addByTables(bytes)
    }
  }

  /// Eight bytes at a time.
  private mutating func addByTables(_ bytes: UnsafeRawBufferPointer) {
    unsafe polynomial.tables.withUnsafeBufferPointer { table in
      var (crc, offset) = (crc, 0)
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
      self.crc = crc
    }
  }

  private static func tables(_ polynomial: Polynomial) -> [UInt32] {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      var value = UInt32(index)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial.rawValue : value >> 1 }
      tables[index] = value
    }
    for index in 256..<8 * 256 {
      let previous = tables[index - 256]
      tables[index] = previous >> 8 ^ tables[Int(previous & 0xff)]
    }
    return tables
  }
}
