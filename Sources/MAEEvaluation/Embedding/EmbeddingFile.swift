import Foundation
import MAECheckpoint
import MAEData
import MAEFoundation

/// Features in a file, and beside it what each of them belongs to.
///
///     NAME.safetensors    features [N, width], or [N, tokens, width]
///     NAME.npy            the same as NumPy reads it
///     NAME.csv            a line per feature: path, label, time and its values
///     NAME.jsonl          a line per feature: path, label, time
///
/// Until they are whole, features and lines grow in a hidden folder beside them, from which an interrupted embedding goes on.
struct EmbeddingFile {
  /// In which form features are written.
  enum Form: String, CaseIterable { case safetensors, npy, csv }

  /// A file that is done: what its feature belongs to, or why it has none.
  struct Entry: Codable {
    var path: String
    var label: String?
    /// When the clip begins, in seconds from the first shown frame of its video; nil for stills.
    var time: Double?
    /// Why it has no feature.
    var bad: String?
  }

  /// Files that are done, in the order of their paths.
  private(set) var done: [Entry] = []
  private let path: String
  private let form: Form
  private let featureShape: [Int]
  private let folder: String
  private let values, entries: LogFile

  /// Goes on with what an interrupted embedding of the same description left, or starts anew.
  ///
  /// Makes the folder that the file is to lie in, if need be.
  ///
  /// - Parameter description: of everything that features depend on.
  /// - Precondition: the name ends as a form does.
  init(path: String, featureShape: [Int], description: String) throws(FileError) {
    try Folder.make(Folder.parent(of: path))
    (self.path, self.featureShape) = (path, featureShape)
    form = Form(rawValue: path.fileExtension)!
    let name = (path as NSString).lastPathComponent
    folder = "\(Folder.parent(of: path))/.\(name).partial"
    let (valuesPath, entriesPath, descriptionPath) = ("\(folder)/values", "\(folder)/files.jsonl", "\(folder)/description")
    let bytesPerRow = 4 * featureShape.reduce(1, *)
    var rows = 0
    if try DurableFile.text(of: descriptionPath) == description {
      let found: [Entry] = try JSONLines.read(entriesPath)
      let size = (try? FileManager.default.attributesOfItem(atPath: valuesPath)[.size] as? Int) ?? 0
      done = Array(
        found.prefix { entry in
          rows += entry.bad == nil ? 1 : 0
          return rows * bytesPerRow <= size
        })
      rows = done.count { $0.bad == nil }
    } else {
      try? FileManager.default.removeItem(atPath: folder)
      try Folder.make(folder)
      try DurableFile.write(description, to: descriptionPath)
    }
    values = try LogFile(path: valuesPath)
    try values.truncate(to: rows * bytesPerRow)
    try DurableFile.write(JSONLines.text(done), to: entriesPath)
    entries = try LogFile(path: entriesPath)
  }

  /// `a/b.jsonl` for `a/b.safetensors`.
  static func rowsPath(beside path: String) -> String { (path as NSString).deletingPathExtension + ".jsonl" }

  /// - Parameters:
  ///   - features: of the entries that have one.
  ///   - files: those that are done now.
  mutating func append(_ features: [Float], _ files: [Entry]) throws(FileError) {
    try unsafe values.append(features.span.bytes)
    try unsafe entries.append(Array(JSONLines.text(files).utf8).span.bytes)
    done += files
  }

  /// Writes both files, the features last, and removes the folder.
  func finish(metadata: [String: String]) throws(FileError) {
    let rows = done.filter { $0.bad == nil }
    let lines = try AtomicFile(path: Self.rowsPath(beside: path))
    try lines.write(Array(JSONLines.text(rows.map(Row.init)).utf8))
    switch form {
    case .safetensors:
      var file = try SafeTensorsRowWriter(
        path: path, name: "features", rowShape: featureShape, maximumRows: rows.count, metadata: metadata)
      try forEachPart { (_, part) throws(FileError) in try file.append(part) }
      try lines.commit()
      try file.commit()
    case .npy:
      let file = try AtomicFile(path: path)
      try file.write(Self.numPyHeader([rows.count] + featureShape))
      try forEachPart { (_, part) throws(FileError) in try unsafe file.write(part.span.bytes) }
      try lines.commit()
      try file.commit()
    case .csv:
      let file = try AtomicFile(path: path)
      let width = featureShape[0]
      try file.write(Array(("path,label,time," + (0..<width).map { "f\($0)" }.joined(separator: ",") + "\n").utf8))
      try forEachPart { (first, part) throws(FileError) in
        for row in 0..<part.count / width {
          let entry = rows[first + row]
          let cells = [entry.path, entry.label ?? "", entry.time.map { "\($0)" } ?? ""].map(Self.csv)
          let numbers = part[row * width..<(row + 1) * width].map { "\($0)" }
          // Paths as the bytes that they are.
          try file.write(((cells + numbers).joined(separator: ",") + "\n").pathBytes)
        }
      }
      try lines.commit()
      try file.commit()
    }
    remove()
  }

  /// Removes what is unfinished.
  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// Gives the stored features in parts of whole rows, with the number of the first one.
  private func forEachPart(_ body: (_ first: Int, _ values: [Float]) throws(FileError) -> Void) throws(FileError) {
    let width = featureShape.reduce(1, *)
    let count = max(1, (1 << 20) / width)
    for first in stride(from: 0, to: done.count { $0.bad == nil }, by: count) {
      let bytes = try storedBytes(count * width * 4, at: first * width * 4)
      let values = stride(from: 0, to: bytes.count, by: 4).map { place in
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) })
      }
      try body(first, values)
    }
  }

  private func storedBytes(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    let path = "\(folder)/values"
    do throws(SystemError) {
      var file = try PatientFile(path: path)
      return try file.read(count, at: offset)
    } catch {
      throw FileError(.inputOutput, path, "cannot be read", code: error.number)
    }
  }

  /// Version 1.0 of NumPy's format: a dictionary, padded so that the values begin at a multiple of 64 bytes.
  private static func numPyHeader(_ shape: [Int]) -> [UInt8] {
    let dimensions = shape.map(String.init).joined(separator: ", ")
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(dimensions)), }"
    let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
    let padded = Array(text.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: length - text.utf8.count - 1) + [0x0a]
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + padded
  }

  private static func csv(_ text: String) -> String {
    text.contains { ",\"\n\r".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}

/// A line beside features.
private struct Row: Encodable {
  let entry: EmbeddingFile.Entry

  private enum CodingKeys: CodingKey { case path, label, time }

  /// Every line has every key.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(entry.path, forKey: .path)
    try container.encode(entry.label, forKey: .label)
    try container.encode(entry.time, forKey: .time)
  }
}
