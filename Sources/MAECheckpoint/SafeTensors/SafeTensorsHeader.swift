import MAEFoundation

/// What a safetensors file holds, without its data: eight bytes of header length, a JSON object, then the tensors.
public struct SafeTensorsHeader: Sendable {
  /// A tensor of the file.
  public struct Entry: Hashable, Sendable {
    /// Unique in the file.
    public let name: String
    /// Nil for types that are not supported, such as complex numbers.
    public let type: ElementType?
    /// As the header has it.
    public let typeName: String
    /// Outermost axis first.
    public let shape: [Int]
    /// Where the bytes lie, from the start of the file.
    public let range: Range<Int>
  }

  /// In the order of their data.
  public let entries: [Entry]
  /// The strings under `__metadata__`.
  public let metadata: [String: String]

  /// The limit of the format's own library, in bytes.
  static let maximumLength = 100_000_000

  init(_ file: FileBytes) throws(CheckpointError) {
    let path = file.path
    guard file.count >= 8 else { throw .unusable(path, "is too short for a safetensors file (\(file.count) bytes)") }
    try file.prepare(0..<8)
    let length = file.littleEndianInteger(at: 0, as: UInt64.self)
    guard length <= UInt64(Self.maximumLength), length >= 2 else {
      throw .unusable(path, "is not a safetensors file (its header would have \(length) bytes)")
    }
    let start = 8 + Int(length)
    guard start <= file.count else {
      throw .unusable(path, "ends inside its header (\(file.count) of at least \(start) bytes); copy or download it again")
    }
    try file.prepare(8..<start)
    guard let header = try JSONValue.parse(file.array(8..<start), of: path).object else {
      throw .unusable(path, "is not a safetensors file (its header is not a JSON object)")
    }
    metadata = try Self.metadata(header["__metadata__"], path)
    var entries = [Entry]()
    entries.reserveCapacity(header.keys.count)
    for name in header.keys where name != "__metadata__" {
      entries.append(try Self.entry(name, header[name]!, dataStart: start, path))
    }
    // Sorting is stable, so empty tensors keep the header's order.
    entries.sort { $0.range.lowerBound < $1.range.lowerBound }
    var end = start
    for entry in entries {
      guard entry.range.lowerBound == end else {
        throw .unusable(path, "its bytes overlap those of another tensor or leave a gap", tensor: entry.name)
      }
      end = entry.range.upperBound
    }
    guard end == file.count else {
      let advice = end > file.count ? "the file is cut off; copy or download it again" : "the file is damaged"
      throw .unusable(path, "has \(file.count) bytes where its header describes \(end); \(advice)")
    }
    self.entries = entries
  }

  private static func metadata(_ value: JSONValue?, _ path: String) throws(CheckpointError) -> [String: String] {
    // Some writers put null where they have nothing to say.
    guard let value, value != .null else { return [:] }
    guard let object = value.object else { throw .unusable(path, "its __metadata__ is not an object") }
    var metadata = [String: String]()
    for key in object.keys {
      guard let text = object[key]!.text else { throw .unusable(path, "its __metadata__ has a value that is not a string") }
      metadata[key] = text
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ value: JSONValue, dataStart: Int, _ path: String
  ) throws(CheckpointError) -> Entry {
    guard let object = value.object, let typeName = object["dtype"]?.text, let sides = object["shape"]?.array,
      let offsets = object["data_offsets"]?.array
    else { throw .unusable(path, "is described without dtype, shape or data_offsets", tensor: name) }
    let shape = sides.compactMap(\.integer)
    guard shape.count == sides.count, let count = elementCount(shape) else {
      throw .unusable(path, "has an impossible shape", tensor: name)
    }
    guard offsets.count == 2, let from = offsets[0].integer, let to = offsets[1].integer, from >= 0, to >= from,
      to <= Int.max - dataStart
    else { throw .unusable(path, "has impossible data_offsets", tensor: name) }
    let type = ElementType(rawValue: typeName)
    if let type {
      let (bytes, overflow) = count.multipliedReportingOverflow(by: type.size)
      guard !overflow, bytes == to - from else {
        throw .unusable(path, "has \(to - from) bytes where \(typeName) \(shape) needs another number", tensor: name)
      }
    }
    return Entry(name: name, type: type, typeName: typeName, shape: shape, range: dataStart + from..<dataStart + to)
  }
}
