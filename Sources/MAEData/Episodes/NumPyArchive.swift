import Foundation
import MAEFoundation
import MAEMedia

/// Named arrays in one `.npz` file, as `numpy.savez` and `numpy.savez_compressed` write it: a zip archive of `.npy` files,
/// stored or deflated, of any size (ZIP64).
package struct NumPyArchive: Sendable {
  /// What the list at the end of the file says of an array.
  private struct Entry: Sendable {
    var name: String
    /// Where its own header begins.
    var header: Int
    var packed: Int
    var size: Int
    var checksum: Int
    var isDeflated: Bool

    /// Where its content lies, by its own header, which may be longer than the list says; nil for what is no header.
    func place(_ file: ByteFields) -> Range<Int>? {
      guard file[header, 4] == 0x0403_4b50, let name = file[header + 26, 2], let extra = file[header + 28, 2] else { return nil }
      let first = header + 30 + name + extra
      return packed <= file.size - first ? first..<first + packed : nil
    }
  }

  private let path: String
  private let file: [UInt8]
  private let members: [String: (entry: Entry, place: Range<Int>)]

  /// Reads the file and its list of arrays.
  ///
  /// - Throws: ``DataError`` when it cannot be read or is no such archive.
  package init(path: String) throws(DataError) {
    self.path = path
    file = try Self.reading(path) { reader throws(SystemError) in try reader.read(reader.size) }
    let fields = ByteFields(file, from: 0, of: file.count)
    var members: [String: (entry: Entry, place: Range<Int>)] = [:]
    for entry in try Self.entries(fields, path) {
      guard let place = entry.place(fields) else { throw Self.damaged(path) }
      members[entry.name] = (entry, place)
    }
    self.members = members
  }

  /// Sorted.
  package var names: [String] { members.keys.sorted() }

  /// Those of the arrays that are pictures, [rows, height, width, channels] of uint8, sorted.
  ///
  /// - Throws: ``DataError`` when the beginning of an array cannot be unpacked.
  package func namesOfPictures() throws(DataError) -> [String] {
    var names: [String] = []
    for name in self.names {
      let (entry, place) = members[name]!
      if try Self.isPictures(entry, file[place], path) { names.append(name) }
    }
    return names
  }

  /// An array by its name.
  ///
  /// - Throws: ``DataError`` when there is none, or it cannot be unpacked or read.
  package func array(_ name: String) throws(DataError) -> NumPyArray {
    guard let (entry, place) = members[name] else {
      throw DataError(.unusable, path: path, "there is no array \(name) in it; it has \(names.joined(separator: ", "))")
    }
    let bytes = try Self.content(entry, file[place], first: entry.size, path)
    guard unsafe CRC32.checksum(bytes.span.bytes) == entry.checksum else {
      throw DataError(.unusable, path: path, "array \(name) is damaged (its checksum is wrong); copy or save it again")
    }
    return try NumPyArray(npy: bytes, path: path, name: name)
  }

  /// Whether an archive holds an array of pictures, from its list and the beginnings of its arrays alone.
  ///
  /// - Throws: ``DataError`` when it cannot be read or is no such archive.
  package static func holdsPictures(path: String) throws(DataError) -> Bool {
    let list = try reading(path) { reader throws(SystemError) in
      func rest(from start: Int) throws(SystemError) -> ByteFields {
        ByteFields(try reader.read(reader.size, at: start), from: start, of: reader.size)
      }
      let end = try rest(from: max(0, reader.size - 128 << 10))
      guard let start = Self.list(end)?.start, (0..<end.start).contains(start) else { return end }
      return try rest(from: start)
    }
    let entries = try entries(list, path)
    let beginnings = try reading(path) { reader throws(SystemError) in
      var beginnings: [[UInt8]] = []
      for entry in entries { beginnings.append(try reader.read(4 << 10, at: entry.header)) }
      return beginnings
    }
    for (entry, bytes) in zip(entries, beginnings) {
      guard let place = entry.place(ByteFields(bytes, from: entry.header, of: list.size)) else { throw damaged(path) }
      let content = bytes.dropFirst(place.lowerBound - entry.header).prefix(place.count)
      if try isPictures(entry, content, path) { return true }
    }
    return false
  }

  private static func reading<Result>(
    _ path: String, _ body: (inout PatientFile) throws(SystemError) -> Result
  ) throws(DataError) -> Result {
    do throws(SystemError) {
      var reader = try Shards.open(path)
      return try body(&reader)
    } catch {
      throw DataError(error.number == ENOENT ? .missing : .inputOutput, path: path, "cannot be read: \(error)")
    }
  }

  private static func isPictures(_ entry: Entry, _ packed: ArraySlice<UInt8>, _ path: String) throws(DataError) -> Bool {
    guard let header = NumPyHeader(try content(entry, packed, first: 256, path)), header.descriptor?.hasSuffix("u1") == true
    else { return false }
    return header.shape?.count == 4 && [1, 3, 4].contains(header.shape?.last)
  }

  /// - Parameters:
  ///   - packed: its bytes in the file, or enough of their beginning.
  ///   - count: bytes that are wanted, where there are as many.
  private static func content(
    _ entry: Entry, _ packed: ArraySlice<UInt8>, first count: Int, _ path: String
  ) throws(DataError) -> [UInt8] {
    guard entry.isDeflated else { return Array(packed.prefix(count)) }
    do throws(Inflate.Damaged) {
      return try Inflate.bytes(of: packed, .none, first: min(count, entry.size))
    } catch {
      throw DataError(
        .unusable, path: path, "array \(entry.name) cannot be unpacked; the file is damaged, copy or save it again")
    }
  }

  // MARK: - The list

  private static func damaged(_ path: String) -> DataError {
    DataError(.unusable, path: path, "it is no whole zip archive, as .npz files are; copy or save it again")
  }

  /// How many files there are, and where their list begins; the end of the archive tells.
  private static func list(_ file: ByteFields) -> (count: Int, start: Int)? {
    guard let mark = file.lastIndex(of: 0x0605_4b50), let count = file[mark + 10, 2], let start = file[mark + 16, 4] else {
      return nil
    }
    guard count == 0xffff || start == 0xffff_ffff, file[mark - 20, 4] == 0x0706_4b50 else { return (count, start) }
    guard let record = file[mark - 12, 8], file[record, 4] == 0x0606_4b50, let many = file[record + 32, 8],
      let place = file[record + 48, 8]
    else { return nil }
    return (many, place)
  }

  /// The arrays in the list.
  private static func entries(_ file: ByteFields, _ path: String) throws(DataError) -> [Entry] {
    guard let (count, start) = list(file) else { throw damaged(path) }
    var entries: [Entry] = []
    var place = start
    for _ in 0..<count {
      guard file[place, 4] == 0x0201_4b50, let flags = file[place + 8, 2], let method = file[place + 10, 2],
        let checksum = file[place + 16, 4], var packed = file[place + 20, 4], var size = file[place + 24, 4],
        let nameLength = file[place + 28, 2], let extraLength = file[place + 30, 2], let commentLength = file[place + 32, 2],
        var header = file[place + 42, 4], let name = file.text(place + 46, nameLength)
      else { throw damaged(path) }
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
      guard packed >= 0, (0...1 << 40).contains(size), (0..<file.size).contains(header), method == 8 || packed == size else {
        throw damaged(path)
      }
      guard name.hasSuffix(".npy") else { continue }
      entries.append(
        Entry(
          name: String(name.dropLast(4)), header: header, packed: packed, size: size, checksum: checksum,
          isDeflated: method == 8))
    }
    return entries
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

/// Little-endian fields of a file, of which a part is at hand, by their places in the file; nil for what is not there.
private struct ByteFields {
  let bytes: [UInt8]
  /// Where the part begins.
  let start: Int
  /// Of the file.
  let size: Int

  init(_ bytes: [UInt8], from start: Int, of size: Int) { (self.bytes, self.start, self.size) = (bytes, start, size) }

  /// Indices of the part.
  private func range(_ place: Int, _ count: Int) -> Range<Int>? {
    let first = place - start
    return count >= 0 && first >= 0 && first <= bytes.count - count ? first..<first + count : nil
  }

  subscript(place: Int, size: Int) -> Int? {
    guard let range = range(place, size) else { return nil }
    var value: UInt64 = 0
    for index in range.reversed() { value = value << 8 | UInt64(bytes[index]) }
    return Int(exactly: value)
  }

  func text(_ place: Int, _ count: Int) -> String? { range(place, count).map { String(decoding: bytes[$0], as: UTF8.self) } }

  /// Where a mark of four bytes stands last, near the end of the file.
  func lastIndex(of mark: Int) -> Int? {
    guard size >= 22 else { return nil }
    return (max(start, size - 22 - 0xffff)...max(start, size - 22)).last { self[$0, 4] == mark }
  }
}
