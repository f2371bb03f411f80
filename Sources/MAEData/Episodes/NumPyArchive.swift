import Foundation
import MAEFoundation
import MAEMedia

/// Named arrays in one `.npz` file, as `numpy.savez` and `numpy.savez_compressed` write it: a zip archive of `.npy` files,
/// stored or deflated, of any size (ZIP64).
package struct NumPyArchive: Sendable {
  private struct Member: Sendable {
    var place: Range<Int>
    var size: Int
    var checksum: UInt32
    var isDeflated: Bool
  }

  private let path: String
  private let file: [UInt8]
  private let members: [String: Member]

  /// Reads the file and its list of arrays.
  ///
  /// - Throws: ``DataError`` when it cannot be read or is no such archive.
  package init(path: String) throws(DataError) {
    self.path = path
    do throws(SystemError) {
      var reader = try Shards.open(path)
      file = try reader.read(reader.size)
    } catch {
      throw DataError(error.number == ENOENT ? .missing : .inputOutput, path: path, "cannot be read: \(error)")
    }
    members = try Self.members(of: ByteFields(file), path)
  }

  /// Sorted.
  package var names: [String] { members.keys.sorted() }

  /// An array by its name.
  ///
  /// - Throws: ``DataError`` when there is none, or it cannot be unpacked or read.
  package func array(_ name: String) throws(DataError) -> NumPyArray {
    try NumPyArray(npy: content(of: name, limit: nil), path: path, name: name)
  }

  /// Kind and shape of an array, from its beginning alone.
  package func isPictures(_ name: String) throws(DataError) -> Bool {
    guard let header = NumPyHeader(try content(of: name, limit: 256)), header.descriptor?.hasSuffix("u1") == true else {
      return false
    }
    return header.shape?.count == 4 && [1, 3, 4].contains(header.shape?.last)
  }

  /// - Parameter limit: bytes that are enough; the checksum of a part is not compared.
  private func content(of name: String, limit: Int?) throws(DataError) -> [UInt8] {
    guard let member = members[name] else {
      throw DataError(.unusable, path: path, "there is no array \(name) in it; it has \(names.joined(separator: ", "))")
    }
    let packed = file[member.place]
    let wanted = min(limit ?? member.size, member.size)
    let bytes: [UInt8]
    do throws(Inflate.Damaged) {
      bytes = member.isDeflated ? try Inflate.bytes(of: packed, .none, first: wanted) : Array(packed.prefix(wanted))
    } catch {
      throw DataError(.unusable, path: path, "array \(name) cannot be unpacked; the file is damaged, copy or save it again")
    }
    if limit == nil, unsafe CRC32.checksum(bytes.span.bytes) != member.checksum {
      throw DataError(.unusable, path: path, "array \(name) is damaged (its checksum is wrong); copy or save it again")
    }
    return bytes
  }

  // MARK: - The list

  private static func members(of file: ByteFields, _ path: String) throws(DataError) -> [String: Member] {
    let damaged = DataError(.unusable, path: path, "it is no whole zip archive, as .npz files are; copy or save it again")
    guard let end = file.lastIndex(of: 0x0605_4b50), var count = file[end + 10, 2], var start = file[end + 16, 4] else {
      throw damaged
    }
    if count == 0xffff || start == 0xffff_ffff, file[end - 20, 4] == 0x0706_4b50 {
      guard let record = file[end - 12, 8], file[record, 4] == 0x0606_4b50, let many = file[record + 32, 8],
        let place = file[record + 48, 8]
      else { throw damaged }
      (count, start) = (many, place)
    }
    var members: [String: Member] = [:]
    var place = start
    for _ in 0..<count {
      guard file[place, 4] == 0x0201_4b50, let flags = file[place + 8, 2], let method = file[place + 10, 2],
        let checksum = file[place + 16, 4], var packed = file[place + 20, 4], var size = file[place + 24, 4],
        let nameLength = file[place + 28, 2], let extraLength = file[place + 30, 2], let commentLength = file[place + 32, 2],
        var header = file[place + 42, 4], let name = file.text(place + 46, nameLength)
      else { throw damaged }
      // Only the fields that did not fit stand in the further ones, in this order.
      var extra = place + 46 + nameLength
      let extraEnd = extra + extraLength
      while extra + 4 <= extraEnd, let kind = file[extra, 2], let length = file[extra + 2, 2] {
        var field = extra + 4
        func next() -> Int? {
          defer { field += 8 }
          return file[field, 8]
        }
        if kind == 1 {
          if size == 0xffff_ffff { size = next() ?? -1 }
          if packed == 0xffff_ffff { packed = next() ?? -1 }
          if header == 0xffff_ffff { header = next() ?? -1 }
        }
        extra += 4 + length
      }
      place = extraEnd + commentLength
      guard flags & 1 == 0 else { throw DataError(.unusable, path: path, "it is encrypted, which is not supported") }
      guard method == 0 || method == 8 else {
        throw DataError(.unusable, path: path, "\(name) in it is packed by method \(method); expected stored or deflated")
      }
      guard file[header, 4] == 0x0403_4b50, let ownName = file[header + 26, 2], let ownExtra = file[header + 28, 2] else {
        throw damaged
      }
      let first = header + 30 + ownName + ownExtra
      guard packed >= 0, size >= 0, packed <= file.count - first, size <= 1 << 40, method == 8 || packed == size else {
        throw damaged
      }
      guard name.hasSuffix(".npy") else { continue }
      members[String(name.dropLast(4))] = Member(
        place: first..<first + packed, size: size, checksum: UInt32(checksum), isDeflated: method == 8)
    }
    return members
  }

  // MARK: - Writing

  /// Writes arrays without compression; nobody sees a part of the file.
  ///
  /// - Throws: ``FileError`` when the file cannot be written.
  package static func write(_ arrays: [(name: String, array: NumPyArray)], to path: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    var (directory, position): ([UInt8], Int) = ([], 0)
    for (name, array) in arrays {
      let (content, title) = (array.npy, Array("\(name).npy".utf8))
      let checksum = unsafe Int(CRC32.checksum(content.span.bytes))
      // Sizes stand in the field of ZIP64, so that they can be of any size.
      let common = number(0, 2) + number(0, 2) + number(0, 2) + number(0x21, 2) + number(checksum, 4)
      let unknown = [UInt8](repeating: 0xff, count: 8)
      let sizes = number(1, 2) + number(16, 2) + number(content.count, 8) + number(content.count, 8)
      let header =
        number(0x0403_4b50, 4) + number(45, 2) + common + unknown + number(title.count, 2) + number(20, 2) + title + sizes
      try file.write(header)
      try file.write(content)
      directory += number(0x0201_4b50, 4) + number(45, 2) + number(45, 2) + common + unknown + number(title.count, 2)
      directory += number(28, 2) + [UInt8](repeating: 0, count: 10) + number(0xffff_ffff, 4) + title
      directory += number(1, 2) + number(24, 2) + number(content.count, 8) + number(content.count, 8) + number(position, 8)
      position += header.count + content.count
    }
    try file.write(directory)
    let record = position + directory.count
    var end = number(0x0606_4b50, 4) + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8)
    end += number(arrays.count, 8) + number(arrays.count, 8) + number(directory.count, 8) + number(position, 8)
    end += number(0x0706_4b50, 4) + number(0, 4) + number(record, 8) + number(1, 4)
    end += number(0x0605_4b50, 4) + number(0, 4) + number(0xffff, 2) + number(0xffff, 2)
    try file.write(end + number(0xffff_ffff, 4) + number(0xffff_ffff, 4) + number(0, 2))
    try file.commit()
  }
}

/// Little-endian fields of a file; nil where it ends before them.
private struct ByteFields {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { bytes.count }

  subscript(place: Int, size: Int) -> Int? {
    guard place >= 0, place <= bytes.count - size else { return nil }
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[place + index]) << (8 * index) }
    return Int(exactly: value)
  }

  func text(_ place: Int, _ count: Int) -> String? {
    place >= 0 && place <= bytes.count - count ? String(decoding: bytes[place..<place + count], as: UTF8.self) : nil
  }

  /// Where a mark of four bytes stands last, near the end of the file.
  func lastIndex(of mark: Int) -> Int? {
    guard bytes.count >= 22 else { return nil }
    return (max(0, bytes.count - 22 - 0xffff)...bytes.count - 22).last { self[$0, 4] == mark }
  }
}
