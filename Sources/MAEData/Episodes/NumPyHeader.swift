/// What a `.npy` file says of its values before them (NumPy's format, versions 1 to 3): a dictionary in Python's words.
struct NumPyHeader {
  /// The first bytes of a file.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Type of the values; nil where they are records of several.
  let descriptor: String?
  /// Whether the first axis runs fastest.
  let isColumnsFirst: Bool
  /// Outermost axis first; nil where there is none.
  let shape: [Int]?
  /// Bytes before the values.
  let end: Int

  /// - Parameter file: its beginning, at least; nil where it is no such file.
  init?(_ file: [UInt8]) {
    guard file.count >= 12, file.starts(with: Self.magic), (1...3).contains(file[6]) else { return nil }
    let isShort = file[6] == 1
    let length = Int(file[8]) | Int(file[9]) << 8 | (isShort ? 0 : Int(file[10]) << 16 | Int(file[11]) << 24)
    let start = isShort ? 10 : 12
    end = start + length
    // Patterns would be compiled anew for each array, and episodes are opened thousands of times.
    let text = file[start..<min(end, file.count)]
    func value(of key: String) -> ArraySlice<UInt8>? {
      let mark = Array("'\(key)':".utf8)
      guard let place = text.indices.first(where: { text[$0...].starts(with: mark) }) else { return nil }
      return text[(place + mark.count)...].drop { $0 == UInt8(ascii: " ") }
    }
    func words(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
    let type = value(of: "descr").flatMap { $0.first == UInt8(ascii: "'") ? $0.dropFirst() : nil }
    descriptor = type.map { words($0.prefix { $0 != UInt8(ascii: "'") }) }
    isColumnsFirst = value(of: "fortran_order")?.first == UInt8(ascii: "T")
    let sides = value(of: "shape").flatMap { $0.first == UInt8(ascii: "(") ? $0.dropFirst() : nil }
    let numbers = sides?.prefix { $0 != UInt8(ascii: ")") }.split(separator: UInt8(ascii: ","))
    let found = numbers?.map { words($0.drop { $0 == UInt8(ascii: " ") }) }.filter { !$0.isEmpty }
    shape = found.flatMap { sides in
      let sizes = sides.compactMap { Int($0) }
      return sizes.count == sides.count && sizes.allSatisfy { $0 >= 0 } ? sizes : nil
    }
  }
}
