/// A length of time as people write it: `90s`, `45m`, `8h`, `1h30m`, `2d`.
public struct TimeLimit: Hashable, Sendable, Codable, LosslessStringConvertible {
  /// Whole seconds, at least 0.
  public var seconds: Int

  /// - Precondition: `seconds` is not negative.
  public init(seconds: Int) {
    precondition(seconds >= 0, "TimeLimit: \(seconds) seconds")
    self.seconds = seconds
  }

  private static let units: [(letter: Character, seconds: Int)] = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]

  /// Nil unless the text is whole numbers with units, each unit at most once and larger ones first, of a thousand days at most.
  public init?(_ text: String) {
    var (rest, sum) = (text[...], 0)
    for unit in Self.units {
      let digits = rest.prefix(while: \.isASCIIDigit)
      guard !digits.isEmpty, digits.count < 9, let count = Int(digits), rest.dropFirst(digits.count).first == unit.letter else {
        continue
      }
      sum += count * unit.seconds
      rest = rest.dropFirst(digits.count + 1)
    }
    guard !text.isEmpty, rest.isEmpty, sum <= 1000 * 86400 else { return nil }
    seconds = sum
  }

  /// As text, with the largest units that it fills: `1h30m`.
  public var description: String {
    var (rest, text) = (seconds, "")
    // Days are read and not written: 36h is what people say.
    for unit in Self.units.dropFirst() where rest >= unit.seconds {
      text += "\(rest / unit.seconds)\(unit.letter)"
      rest %= unit.seconds
    }
    return text.isEmpty ? "0s" : text
  }

  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let limit = TimeLimit(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected a time as 90s, 45m, 8h or 1h30m")
    }
    self = limit
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
