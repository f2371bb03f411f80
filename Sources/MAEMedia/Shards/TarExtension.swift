/// What is said of a member in front of its header, which has no room for it: a long name, a name that is not ASCII, a size of
/// more than eight gigabytes.
struct TarExtension: Equatable {
  var name: [UInt8]?
  var target: [UInt8]?
  var size: Int?
  /// Whether holes are left out of the content.
  private(set) var isSparse = false

  /// Adds the records of a PAX header, `LENGTH KEY=VALUE` and the end of a line each (POSIX.1-2001, pax, extended header).
  ///
  /// - Returns: false when they are damaged.
  mutating func add(records: [UInt8]) -> Bool {
    var rest = records[...]
    while let first = rest.first, first != 0 {
      guard let space = rest.firstIndex(of: 0x20),
        let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
        length <= rest.count, length >= space - rest.startIndex + 2, rest[rest.startIndex + length - 1] == 0x0a
      else { return false }
      let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
      guard let equals = record.firstIndex(of: 0x3d) else { return false }
      guard add(String(decoding: record[..<equals], as: UTF8.self), Array(record[(equals + 1)...])) else { return false }
      rest = rest.dropFirst(length)
    }
    return true
  }

  private mutating func add(_ key: String, _ value: [UInt8]) -> Bool {
    switch key {
    // An empty value takes back what was said for all members.
    case "path" where !isSparse || name == nil: name = value.isEmpty ? nil : value
    case "linkpath": target = value.isEmpty ? nil : value
    case "size":
      guard let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else { return false }
      size = number
    case "GNU.sparse.name":
      // The path beside it is one that was made up.
      (name, isSparse) = (value, true)
    case _ where key.hasPrefix("GNU.sparse."): isSparse = true
    default: break
    }
    return true
  }
}
