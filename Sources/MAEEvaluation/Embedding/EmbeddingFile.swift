import Foundation
import MAECheckpoint
import MAEData
import MAEFoundation

/// Features in a file, and beside it what each of them belongs to.
///
///     NAME.safetensors    features [N, width], or [N, tokens, width]
///     NAME.jsonl          a line per feature: path, label, time
///
/// Both are written under other names and appear when they are whole, the features last.
struct EmbeddingFile: ~Copyable {
  /// What a feature belongs to.
  struct Row: Encodable {
    var path: String
    var label: String?
    /// When the clip begins, in seconds from the first shown frame of its video; nil for stills.
    var time: Double?

    private enum CodingKeys: CodingKey { case path, label, time }

    /// Every line has every key.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(path, forKey: .path)
      try container.encode(label, forKey: .label)
      try container.encode(time, forKey: .time)
    }
  }

  private var features: SafeTensorsRowWriter
  private let rows: AtomicFile

  /// Makes the folder if need be.
  init(path: String, featureShape: [Int], maximumRows: Int, metadata: [String: String]) throws(FileError) {
    try Folder.make(Folder.parent(of: path))
    let features = try SafeTensorsRowWriter(
      path: path, name: "features", rowShape: featureShape, maximumRows: maximumRows, metadata: metadata)
    let rows = try AtomicFile(path: Self.rowsPath(beside: path))
    self.rows = rows
    self.features = features
  }

  /// `a/b.jsonl` for `a/b.safetensors`.
  static func rowsPath(beside path: String) -> String { (path as NSString).deletingPathExtension + ".jsonl" }

  mutating func append(_ values: [Float], _ described: [Row]) throws(FileError) {
    try features.append(values)
    try rows.write(Array(JSONLines.text(described).utf8))
  }

  consuming func commit() throws(FileError) {
    try rows.commit()
    try features.commit()
  }
}
