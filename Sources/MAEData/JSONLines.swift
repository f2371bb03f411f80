import Foundation

/// Files with one JSON object per line.
public enum JSONLines {
  /// The values as text, one object per line, keys in alphabetical order.
  ///
  /// - Precondition: every value can be written as JSON.
  public static func text(_ values: some Sequence<some Encodable>) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = ""
    for value in values {
      guard let line = try? encoder.encode(value) else { preconditionFailure("JSONLines: \(value) cannot be written as JSON") }
      text += String(decoding: line, as: UTF8.self) + "\n"
    }
    return text
  }
}
