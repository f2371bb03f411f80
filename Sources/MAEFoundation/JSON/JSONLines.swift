import Foundation

/// Files with one JSON object per line.
public enum JSONLines {
  /// The values as text, one object per line, keys in alphabetical order.
  ///
  /// - Precondition: every value can be written as JSON.
  public static func text(_ values: some Sequence<some Encodable>) -> String {
    values.map { JSONText.line($0) + "\n" }.joined()
  }

  /// The values of a file; none when there is no file, and lines that are not whole are left out.
  package static func read<Value: Decodable>(_ path: String) throws(FileError) -> [Value] {
    let decoder = JSONText.decoder()
    return (try DurableFile.text(of: path) ?? "").split(separator: "\n").compactMap {
      try? decoder.decode(Value.self, from: Data(String($0).holdingBytesOfJSON.utf8))
    }
  }
}
