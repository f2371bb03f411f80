/// The value of a setting that a masking or an objective of a program brings along.
public enum SettingValue: Hashable, Sendable, CustomStringConvertible {
  case truth(Bool)
  case whole(Int)
  case number(Double)
  case text(String)

  /// Nil unless it is one.
  public var truth: Bool? { if case .truth(let value) = self { value } else { nil } }
  /// Nil unless it is a whole number.
  public var whole: Int? { if case .whole(let value) = self { value } else { nil } }
  /// Nil unless it is a number, whole or not.
  public var number: Double? {
    switch self {
    case .number(let value): value
    case .whole(let value): Double(value)
    default: nil
    }
  }
  /// Nil unless it is a text.
  public var text: String? { if case .text(let value) = self { value } else { nil } }

  /// As files write it.
  public var description: String {
    switch self {
    case .truth(let value): value.description
    case .whole(let value): value.description
    case .number(let value): value.description
    case .text(let value): value
    }
  }
}

/// As the value itself.
extension SettingValue: Codable {
  /// Reads whichever of the four kinds stands there.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int.self) {
      self = .whole(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .truth(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes the bare value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .truth(let value): try container.encode(value)
    case .whole(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    }
  }
}
