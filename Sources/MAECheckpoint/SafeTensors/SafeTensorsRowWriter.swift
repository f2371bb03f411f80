import MAEFoundation

/// Writes a safetensors file with one tensor of 32-bit floats whose rows come one after the other, however many they become.
///
/// Nothing is kept in memory. The header, whose size has to be known first, is written for the most rows there can be and
/// again when they are counted.
package struct SafeTensorsRowWriter: ~Copyable {
  private let file: AtomicFile
  private let name: String
  private let rowShape: [Int]
  private let metadata: [String: String]
  private let headerLength: Int
  package private(set) var rows = 0

  /// - Parameters:
  ///   - rowShape: of one row; the tensor is `[rows] + rowShape`.
  ///   - maximumRows: more must not be appended.
  /// - Throws: ``FileError`` when the file cannot be created.
  package init(
    path: String, name: String, rowShape: [Int], maximumRows: Int, metadata: [String: String]
  ) throws(FileError) {
    let header = SafeTensorsWriter.header([(name, .float32, [maximumRows] + rowShape)], metadata: metadata)
    let file = try AtomicFile(path: path)
    try file.write(header)
    self.file = file
    self.name = name
    self.rowShape = rowShape
    self.metadata = metadata
    headerLength = header.count
  }

  /// Appends whole rows.
  ///
  /// - Precondition: `values` fills them.
  package mutating func append(_ values: [Float]) throws(FileError) {
    let perRow = rowShape.reduce(1, *)
    precondition(values.count % perRow == 0, "SafeTensorsRowWriter: \(values.count) values in rows of \(perRow)")
    try unsafe file.write(values.span.bytes)
    rows += values.count / perRow
  }

  /// Puts the file in its place, durably.
  package consuming func commit() throws(FileError) {
    try file.overwriteStart(
      SafeTensorsWriter.header([(name, .float32, [rows] + rowShape)], metadata: metadata, length: headerLength))
    try file.commit()
  }
}
