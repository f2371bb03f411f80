import MAEFoundation

/// Writes safetensors files that every reader of the format accepts.
public enum SafeTensorsWriter {
  /// Writes `state` to `path`, replacing what is there in one step.
  ///
  /// Tensors keep their order, except that wider element types go first, so that every value is aligned. The header is padded
  /// to 64 bytes. `format: pt` is added to the metadata, as transformers asks for it.
  ///
  /// - Throws: ``FileError`` when the file cannot be written; what was at `path` before is then untouched.
  public static func write(_ state: StateDictionary, to path: String) throws(FileError) {
    let tensors = state.map { ($0.name, $0.tensor) }
    let ordered = [8, 4, 2, 1].flatMap { size in tensors.filter { $0.1.type.size == size } }
    let file = try AtomicFile(path: path)
    try file.write(header(ordered.map { ($0.0, $0.1.type, $0.1.shape) }, metadata: state.metadata))
    for (_, tensor) in ordered {
      try tensor.withBytes { (bytes: RawSpan) throws(FileError) in try file.write(bytes) }
    }
    try file.commit()
  }

  /// - Parameter length: of the whole header with its first eight bytes; nil = as long as need be.
  static func header(
    _ tensors: [(name: String, type: ElementType, shape: [Int])], metadata: [String: String], length wanted: Int? = nil
  ) -> [UInt8] {
    var notes = JSONObject()
    notes["format"] = "pt"
    for key in metadata.keys.sorted() { notes[key] = .text(metadata[key]!) }
    var header = JSONObject()
    header["__metadata__"] = .object(notes)
    var offset = 0
    for (name, type, shape) in tensors {
      precondition(name != "__metadata__", "SafeTensorsWriter: this name is taken by the format")
      let end = offset + shape.reduce(type.size, *)
      header[name] = [
        "dtype": .text(type.rawValue), "shape": .array(shape.map(JSONValue.integer)),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      offset = end
    }
    let text = Array(JSONValue.object(header).serialized(indent: false).utf8)
    let length = (wanted ?? (8 + text.count + 63) / 64 * 64) - 8
    precondition(length >= text.count, "SafeTensorsWriter: a header of \(text.count) bytes in \(length)")
    let lengthBytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return lengthBytes + text + [UInt8](repeating: UInt8(ascii: " "), count: length - text.count)
  }
}
