import MAEFoundation

/// Writes the zip form of `torch.save({"model": weights})`, or under another key, which `torch.load` reads with its safe
/// defaults.
public enum TorchFileWriter {
  /// - Throws: ``FileError`` when the file cannot be written; what was at `path` before is then untouched.
  public static func write(_ state: StateDictionary, to path: String, key: String = "model") throws(FileError) {
    var archive = try ZipWriter(path: path)
    try archive.add("checkpoint/data.pkl", pickle(state, key))
    try archive.add("checkpoint/byteorder", Array("little".utf8))
    for (index, entry) in state.enumerated() {
      let checksum = entry.tensor.withBytes { CRC32.checksum($0) }
      try archive.add("checkpoint/data/\(index)", size: entry.tensor.byteCount, checksum: checksum) {
        (file: borrowing AtomicFile) throws(FileError) in
        try entry.tensor.withBytes { (bytes: RawSpan) throws(FileError) in try file.write(bytes) }
      }
    }
    try archive.add("checkpoint/version", Array("3\n".utf8))
    try archive.finish()
  }

  /// `{key: OrderedDict of _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}`, protocol 2.
  private static func pickle(_ state: StateDictionary, _ key: String) -> [UInt8] {
    var pickle = PickleWriter()
    pickle.begin()
    pickle.text(key)
    pickle.emptyOrderedDictionary()
    pickle.mark()
    for (index, (name, tensor)) in state.enumerated() {
      pickle.text(name)
      pickle.global("torch._utils", "_rebuild_tensor_v2")
      pickle.mark()
      pickle.mark()
      pickle.text("storage")
      pickle.global("torch", storageName(tensor.type))
      pickle.text(String(index))
      pickle.text("cpu")
      pickle.integer(tensor.count)
      pickle.tuple()
      pickle.persistentReference()
      pickle.integer(0)
      pickle.integers(tensor.shape)
      pickle.integers(strides(tensor.shape))
      pickle.bool(false)
      pickle.emptyOrderedDictionary()
      pickle.tuple()
      pickle.call()
    }
    pickle.setItems()
    return pickle.end()
  }

  private static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for index in shape.indices.dropLast().reversed() { strides[index] = strides[index + 1] * max(shape[index + 1], 1) }
    return strides
  }

  private static func storageName(_ type: ElementType) -> String {
    switch type {
    case .float64: "DoubleStorage"
    case .float32: "FloatStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .int64: "LongStorage"
    case .int32: "IntStorage"
    case .int16: "ShortStorage"
    case .int8: "CharStorage"
    case .uint8: "ByteStorage"
    case .bool: "BoolStorage"
    case .float8e4m3, .float8e5m2, .uint64, .uint32, .uint16:
      preconditionFailure("TorchFileWriter: \(type) has no storage type; convert it first")
    }
  }
}

/// The few instructions of the pickle language that weights need.
private struct PickleWriter {
  private var bytes: [UInt8] = []

  mutating func begin() { bytes += [0x80, 2, UInt8(ascii: "}")] }

  mutating func end() -> [UInt8] { bytes + [UInt8(ascii: "s"), UInt8(ascii: ".")] }

  mutating func text(_ text: String) {
    bytes.append(UInt8(ascii: "X"))
    append(UInt32(text.utf8.count))
    bytes += Array(text.utf8)
  }

  mutating func global(_ module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }
  mutating func mark() { bytes.append(UInt8(ascii: "(")) }
  mutating func tuple() { bytes.append(UInt8(ascii: "t")) }
  mutating func call() { bytes.append(UInt8(ascii: "R")) }
  mutating func setItems() { bytes.append(UInt8(ascii: "u")) }
  mutating func persistentReference() { bytes.append(UInt8(ascii: "Q")) }
  mutating func bool(_ value: Bool) { bytes.append(value ? 0x88 : 0x89) }

  mutating func integer(_ value: Int) {
    if let small = Int32(exactly: value) {
      bytes.append(UInt8(ascii: "J"))
      append(UInt32(bitPattern: small))
    } else {
      bytes += [0x8a, 8] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
  }

  mutating func integers(_ values: [Int]) {
    mark()
    for value in values { integer(value) }
    tuple()
  }

  mutating func emptyOrderedDictionary() {
    global("collections", "OrderedDict")
    bytes += [UInt8(ascii: ")"), UInt8(ascii: "R")]
  }

  private mutating func append(_ value: UInt32) {
    bytes += (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
