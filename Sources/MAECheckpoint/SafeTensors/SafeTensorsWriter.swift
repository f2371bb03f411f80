/// Writes safetensors files that every reader of the format accepts.
public enum SafeTensorsWriter {
  /// Writes `state` to `path`, replacing what is there in one step.
  ///
  /// Tensors keep their order, except that wider element types go first, so that every value is aligned. The header is padded
  /// to 64 bytes. `format: pt` is added to the metadata, as transformers asks for it.
  ///
  /// - Throws: ``CheckpointError`` when the file cannot be written; what was at `path` before is then untouched.
  public static func write(_ state: StateDictionary, to path: String) throws(CheckpointError) {
    let tensors = state.map { ($0.name, $0.tensor) }
    let ordered = [8, 4, 2, 1].flatMap { size in tensors.filter { $0.1.type.size == size } }
    let file = try AtomicFile(path: path)
    try file.write(header(ordered, metadata: state.metadata))
    for (_, tensor) in ordered {
      try tensor.withBytes { (bytes: RawSpan) throws(CheckpointError) in try file.write(bytes) }
    }
    try file.commit()
  }

  private static func header(_ tensors: [(String, StoredTensor)], metadata: [String: String]) -> [UInt8] {
    var notes = JSONObject()
    notes["format"] = "pt"
    for key in metadata.keys.sorted() { notes[key] = .text(metadata[key]!) }
    var header = JSONObject()
    header["__metadata__"] = .object(notes)
    var offset = 0
    for (name, tensor) in tensors {
      precondition(name != "__metadata__", "SafeTensorsWriter: this name is taken by the format")
      let end = offset + tensor.byteCount
      header[name] = [
        "dtype": .text(tensor.type.rawValue), "shape": .array(tensor.shape.map(JSONValue.integer)),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      offset = end
    }
    let text = Array(JSONValue.object(header).serialized(indent: false).utf8)
    let length = (8 + text.count + 63) / 64 * 64 - 8
    let lengthBytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return lengthBytes + text + [UInt8](repeating: UInt8(ascii: " "), count: length - text.count)
  }
}
