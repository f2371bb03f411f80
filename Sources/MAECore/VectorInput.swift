/// A plain vector beside the pictures of a sample, such as joint angles: an array of an episode, by its name, and how many
/// numbers it has for every picture. As text `state:7`.
public struct VectorInput: Hashable, Sendable, Codable, LosslessStringConvertible {
  /// Of the array `[rows, count]`.
  public var name: String
  /// Numbers for every picture.
  public var count: Int

  /// Numbers that a vector has at most.
  public static let limit = 65_536

  /// An array and its length.
  public init(name: String, count: Int) { (self.name, self.count) = (name, count) }

  /// Nil unless the text is a name, a colon and a whole number.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex, let count = Int(text[text.index(after: colon)...]) else {
      return nil
    }
    self.init(name: String(text[..<colon]), count: count)
  }

  /// `state:7`
  public var description: String { "\(name):\(count)" }

  /// From its text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no name with a length, as state:7")
    }
    self = value
  }

  /// As its text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
