import Foundation

/// JSON text of values that describe themselves: keys in alphabetical order, slashes as they are, and numbers that JSON has no
/// form for as text (`"nan"`, `"inf"`, `"-inf"`).
package enum JSONText {
  /// A line for each key; keys in snake case, as results have them, unless told otherwise.
  package static func indented(
    _ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .convertToSnakeCase
  ) -> String {
    text(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes], keys)
  }

  /// One line; keys are those of the type.
  package static func line(_ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys) -> String {
    text(value, [.sortedKeys, .withoutEscapingSlashes], keys)
  }

  /// Reads what is written here, numbers as text included; keys are those of the type unless told otherwise.
  package static func decoder(keys: JSONDecoder.KeyDecodingStrategy = .useDefaultKeys) -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = keys
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  private static func text(
    _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting, _ keys: JSONEncoder.KeyEncodingStrategy
  ) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    encoder.keyEncodingStrategy = keys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value) else { preconditionFailure("JSONText: \(value) has no JSON form") }
    return String(decoding: data, as: UTF8.self).withHeldBytesAsJSON
  }
}
