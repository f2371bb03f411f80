/// Reads safetensors files; the data stays in the mapped file until it is asked for.
public enum SafeTensorsReader {
  /// Names, types, shapes and metadata.
  public static func header(path: String) throws(CheckpointError) -> SafeTensorsHeader {
    try SafeTensorsHeader(FileBytes(path: path))
  }

  /// All tensors of one file, in the order of their data.
  public static func read(path: String) throws(CheckpointError) -> StateDictionary {
    try read(FileBytes(path: path))
  }

  static func read(_ file: FileBytes) throws(CheckpointError) -> StateDictionary {
    let header = try SafeTensorsHeader(file)
    var state = StateDictionary(metadata: header.metadata)
    for entry in header.entries {
      state[entry.name] = StoredTensor(type: entry.type, shape: entry.shape, file: file, offset: entry.range.lowerBound)
    }
    return state
  }
}
