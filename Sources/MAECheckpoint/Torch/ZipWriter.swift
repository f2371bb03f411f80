import MAEFoundation

/// Writes a zip archive of members without compression, each starting at a multiple of 64 bytes as PyTorch wants it.
///
/// Sizes and places are given in 64 bits throughout, so weights of any size fit.
struct ZipWriter: ~Copyable {
  private let file: AtomicFile
  private var position = 0
  private var directory: [UInt8] = []
  private var count = 0

  init(path: String) throws(FileError) { file = try AtomicFile(path: path) }

  mutating func add(_ name: String, _ bytes: [UInt8]) throws(FileError) {
    let checksum = unsafe CRC32.checksum(bytes.span.bytes)
    try add(name, size: bytes.count, checksum: checksum) { (file: borrowing AtomicFile) throws(FileError) in
      try file.write(bytes)
    }
  }

  mutating func add(
    _ name: String, size: Int, checksum: UInt32, _ body: (borrowing AtomicFile) throws(FileError) -> Void
  ) throws(FileError) {
    let start = position
    let fixed = 30 + name.utf8.count + 20
    // A private extra field fills up to the alignment; it takes four bytes itself.
    let padding = (64 - (start + fixed + 4) % 64) % 64
    var header = Self.bytes(UInt32(0x0403_4b50)) + Self.bytes(UInt16(45)) + Self.common(checksum)
    header += Self.bytes(UInt16(name.utf8.count)) + Self.bytes(UInt16(20 + 4 + padding)) + Array(name.utf8)
    header += Self.bytes(UInt16(1)) + Self.bytes(UInt16(16)) + Self.bytes(UInt64(size)) + Self.bytes(UInt64(size))
    header += Array("FB".utf8) + Self.bytes(UInt16(padding)) + [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
    try file.write(header)
    try body(file)
    position += header.count + size
    count += 1

    directory += Self.bytes(UInt32(0x0201_4b50)) + Self.bytes(UInt16(45)) + Self.bytes(UInt16(45)) + Self.common(checksum)
    directory += Self.bytes(UInt16(name.utf8.count)) + Self.bytes(UInt16(28)) + [UInt8](repeating: 0, count: 10)
    directory += Self.bytes(UInt32.max) + Array(name.utf8)
    directory += Self.bytes(UInt16(1)) + Self.bytes(UInt16(24)) + Self.bytes(UInt64(size)) + Self.bytes(UInt64(size))
    directory += Self.bytes(UInt64(start))
  }

  consuming func finish() throws(FileError) {
    let start = position
    try file.write(directory)
    let record = start + directory.count
    var end = Self.bytes(UInt32(0x0606_4b50)) + Self.bytes(UInt64(44)) + Self.bytes(UInt16(45)) + Self.bytes(UInt16(45))
    end += [UInt8](repeating: 0, count: 8) + Self.bytes(UInt64(count)) + Self.bytes(UInt64(count))
    end += Self.bytes(UInt64(directory.count)) + Self.bytes(UInt64(start))
    end += Self.bytes(UInt32(0x0706_4b50)) + [UInt8](repeating: 0, count: 4) + Self.bytes(UInt64(record)) + Self.bytes(UInt32(1))
    end += Self.bytes(UInt32(0x0605_4b50)) + [UInt8](repeating: 0, count: 4) + Self.bytes(UInt16.max) + Self.bytes(UInt16.max)
    end += Self.bytes(UInt32.max) + Self.bytes(UInt32.max) + [0, 0]
    try file.write(end)
    try file.commit()
  }

  /// Flags, method (stored), date of 1 January 1980, checksum, and sizes that stand in the 64-bit field.
  private static func common(_ checksum: UInt32) -> [UInt8] {
    bytes(UInt16(0x0800)) + [0, 0, 0, 0, 0x21, 0] + bytes(checksum) + bytes(UInt32.max) + bytes(UInt32.max)
  }

  private static func bytes<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
    (0..<MemoryLayout<I>.size).map { UInt8(truncatingIfNeeded: value >> (8 * I($0))) }
  }
}
