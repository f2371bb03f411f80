import MAEFoundation

/// The table of contents of a zip archive whose members are stored without compression, as PyTorch writes them.
struct ZipArchive {
  struct Member {
    var name: String
    /// Where its bytes lie in the file.
    var range: Range<Int>
    var checksum: UInt32
    var isCompressed: Bool
  }

  let file: FileBytes
  let members: [String: Member]

  init(_ file: FileBytes) throws(CheckpointError) {
    self.file = file
    let (count, directory) = try Self.centralDirectory(file)
    var reader = ByteReader(file, directory)
    var members = [String: Member]()
    for _ in 0..<count {
      let member = try Self.member(&reader)
      guard members.updateValue(member, forKey: member.name) == nil else {
        throw .unusable(file.path, "holds \(member.name) twice; the archive is damaged")
      }
    }
    self.members = members
  }

  /// The bytes of a member, after its checksum was compared.
  func verified(_ member: Member) throws(CheckpointError) -> Range<Int> {
    guard !member.isCompressed else {
      throw .unusable(
        file.path,
        "\(member.name) inside it is compressed, which PyTorch never does; unpack it and store it without compression")
    }
    try file.prepare(member.range)
    let actual = file.withBytes(member.range) { CRC32.checksum($0) }
    // Zero stands where the writer was told to leave checksums out.
    guard actual == member.checksum || member.checksum == 0 else {
      throw .unusable(file.path, "\(member.name) inside it is damaged (its checksum is wrong); copy or download it again")
    }
    return member.range
  }

  private static func damaged(_ file: FileBytes) -> CheckpointError {
    .unusable(file.path, "is a damaged zip archive; copy or download it again")
  }

  /// Finds the record at the end that says how many members there are and where their list lies.
  private static func centralDirectory(_ file: FileBytes) throws(CheckpointError) -> (count: UInt64, list: Range<Int>) {
    let recordSize = 22
    guard file.count >= recordSize else { throw damaged(file) }
    var end = file.count - recordSize
    let lowest = max(0, end - 0xffff)
    try file.prepare(max(0, lowest - 20)..<file.count)
    while file.littleEndianInteger(at: end, as: UInt32.self) != 0x0605_4b50 {
      guard end > lowest else {
        throw .unusable(file.path, "is a zip archive without its end; the file is cut off, copy or download it again")
      }
      end -= 1
    }
    var count = UInt64(file.littleEndianInteger(at: end + 10, as: UInt16.self))
    var size = UInt64(file.littleEndianInteger(at: end + 12, as: UInt32.self))
    var start = UInt64(file.littleEndianInteger(at: end + 16, as: UInt32.self))
    if count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff,
      end >= 20, file.littleEndianInteger(at: end - 20, as: UInt32.self) == 0x0706_4b50
    {
      let record = file.littleEndianInteger(at: end - 12, as: UInt64.self)
      guard file.count >= 56, record <= UInt64(file.count - 56) else { throw damaged(file) }
      try file.prepare(Int(record)..<Int(record) + 56)
      guard file.littleEndianInteger(at: Int(record), as: UInt32.self) == 0x0606_4b50
      else { throw damaged(file) }
      count = file.littleEndianInteger(at: Int(record) + 32, as: UInt64.self)
      size = file.littleEndianInteger(at: Int(record) + 40, as: UInt64.self)
      start = file.littleEndianInteger(at: Int(record) + 48, as: UInt64.self)
    }
    // Each entry of the list takes at least 46 bytes.
    guard start <= UInt64(end), size <= UInt64(end) - start, count <= size / 46 else { throw damaged(file) }
    try file.prepare(Int(start)..<Int(start + size))
    return (count, Int(start)..<Int(start + size))
  }

  private static func member(_ reader: inout ByteReader) throws(CheckpointError) -> Member {
    let file = reader.file
    guard try reader.integer(UInt32.self) == 0x0201_4b50 else { throw damaged(file) }
    try reader.skip(4)
    let flags = try reader.integer(UInt16.self)
    let method = try reader.integer(UInt16.self)
    try reader.skip(4)
    let checksum = try reader.integer(UInt32.self)
    var packed = UInt64(try reader.integer(UInt32.self))
    var size = UInt64(try reader.integer(UInt32.self))
    let nameLength = try reader.integer(UInt16.self)
    let extraLength = try reader.integer(UInt16.self)
    let commentLength = try reader.integer(UInt16.self)
    try reader.skip(8)
    var offset = UInt64(try reader.integer(UInt32.self))
    let name = try reader.text(UInt64(nameLength))
    let extraEnd = reader.position + Int(extraLength)
    guard extraLength <= reader.remaining else { throw damaged(file) }
    var extra = ByteReader(file, reader.position..<extraEnd)
    while extra.remaining >= 4 {
      let kind = try extra.integer(UInt16.self)
      let length = try extra.integer(UInt16.self)
      guard Int(length) <= extra.remaining else { throw damaged(file) }
      var body = ByteReader(file, extra.position..<extra.position + Int(length))
      try extra.skip(UInt64(length))
      // Zip64: only the fields that did not fit stand here, in this order.
      guard kind == 1 else { continue }
      if size == 0xffff_ffff { size = try body.integer(UInt64.self) }
      if packed == 0xffff_ffff { packed = try body.integer(UInt64.self) }
      if offset == 0xffff_ffff { offset = try body.integer(UInt64.self) }
    }
    try reader.skip(UInt64(extraLength) + UInt64(commentLength))

    guard flags & 1 == 0 else { throw .unusable(file.path, "is an encrypted zip archive, which is not supported") }
    guard method != 0 || packed == size, file.count >= 30, offset <= UInt64(file.count - 30) else { throw damaged(file) }
    let header = Int(offset)
    try file.prepare(header..<header + 30)
    guard file.littleEndianInteger(at: header, as: UInt32.self) == 0x0403_4b50 else { throw damaged(file) }
    let start =
      header + 30 + Int(file.littleEndianInteger(at: header + 26, as: UInt16.self))
      + Int(file.littleEndianInteger(at: header + 28, as: UInt16.self))
    guard start <= file.count, packed <= UInt64(file.count - start) else { throw damaged(file) }
    return Member(name: name, range: start..<start + Int(packed), checksum: checksum, isCompressed: method != 0)
  }
}
