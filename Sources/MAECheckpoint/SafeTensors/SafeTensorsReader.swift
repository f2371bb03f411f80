/// Reads safetensors files; the data stays in the file until it is asked for.
public enum SafeTensorsReader {
  /// Names, types, shapes and metadata.
  public static func header(path: String) throws(CheckpointError) -> SafeTensorsHeader {
    try SafeTensorsHeader(FileBytes(path: path))
  }

  /// All tensors of one file, in the order of their data.
  public static func read(path: String) throws(CheckpointError) -> StateDictionary {
    let file = try SafeTensorsFile(FileBytes(path: path))
    if let odd = file.entries.first(where: { $0.oddity != nil }) {
      throw .unusable(path, "is \(odd.oddity!), which is not supported", tensor: odd.name)
    }
    defer { file.endReading() }
    return try file.state(of: file.entries.map(\.name))
  }
}

/// The tensors of one safetensors file.
struct SafeTensorsFile: TensorSource {
  let entries: [TensorEntry]
  let metadata: [String: String]
  private let file: FileBytes
  private let tensors: [String: SafeTensorsHeader.Entry]

  init(_ file: FileBytes) throws(CheckpointError) {
    let header = try SafeTensorsHeader(file)
    entries = header.entries.map {
      TensorEntry(name: $0.name, shape: $0.shape, oddity: $0.type == nil ? "of the element type \($0.typeName)" : nil)
    }
    metadata = header.metadata
    self.file = file
    tensors = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  func endReading() { file.endReading() }

  func state(of names: [String]) throws(CheckpointError) -> StateDictionary {
    var state = StateDictionary(metadata: metadata)
    for name in names {
      guard let entry = tensors[name], let type = entry.type else { preconditionFailure("SafeTensorsFile: \(name)") }
      try file.prepare(entry.range)
      state[name] = StoredTensor(type: type, shape: entry.shape, file: file, offset: entry.range.lowerBound)
    }
    return state
  }
}
