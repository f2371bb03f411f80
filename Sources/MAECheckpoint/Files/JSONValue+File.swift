import MAEFoundation

extension JSONValue {
  /// Reads a small JSON file.
  ///
  /// - Throws: ``CheckpointError`` when it is missing, larger than 64 MB or not JSON.
  package static func read(path: String) throws(CheckpointError) -> JSONValue {
    let file = try FileBytes(path: path)
    guard file.count <= 64 << 20 else { throw .unusable(path, "is too large to be a description of a model") }
    try file.prepare(0..<file.count)
    return try parse(file.array(0..<file.count), of: path)
  }

  static func parse(_ bytes: [UInt8], of path: String) throws(CheckpointError) -> JSONValue {
    do {
      return try JSONParser.parse(bytes)
    } catch {
      throw .unusable(path, "is not valid JSON (\(error.reason), at byte \(error.offset))")
    }
  }
}
